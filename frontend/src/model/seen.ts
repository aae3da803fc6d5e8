/** What a person sees, as it is told to someone beside them. */
import type { Attribution, Generation, Seen } from "../wire";
import type { Answer } from "./answer";
import { type Chip, textOf } from "./chips";
import type { Subject } from "./question";
import type { Influence } from "./ranking";

export const NOTHING_SEEN: Seen = {
  generation: null,
  segmentations: {},
  target: null,
  attribution: null,
};

export function seenOf(
  answer: Answer,
  chips: readonly Chip[],
  subject: Subject | null,
  attribution: Attribution | null,
): Seen {
  return {
    generation: generationOf(answer, textOf(chips, 0, answer.tokens.length)),
    segmentations: answer.segmentations,
    target: subject && {
      start: subject.target[0],
      stop: subject.target[1],
      foil: attribution?.target.foil ?? null,
    },
    attribution: subject && attribution,
  };
}

/** A map as it is cut and joined on the page. */
export function cutMap(
  attribution: Attribution,
  influences: readonly Influence[],
  { granularity, pattern, aggregate }: Pick<Attribution, "granularity" | "pattern" | "aggregate">,
): Attribution {
  if (!attribution.token_scores) return attribution;
  return {
    ...attribution,
    granularity,
    pattern: granularity === "custom" ? (pattern ?? null) : null,
    aggregate: aggregate ?? null,
    segments: [...influences],
  };
}

function generationOf(answer: Answer, text: string): Generation {
  return {
    prompt: answer.prompt,
    sequence: { text, tokens: [...answer.tokens], prompt_length: answer.promptLength },
    finish_reason: answer.finish!,
    model: answer.model,
    options: answer.options,
    muted: [...answer.muted],
  };
}
