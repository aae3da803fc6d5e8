/** An answer as the page keeps it, and what can be told of it without asking anybody. */
import type {
  Explanation,
  FinishReason,
  Generation,
  GenerationOptions,
  ModelInfo,
  Prompt,
  Segmentations,
  SequenceRef,
  Span,
  Token,
} from "../wire";
import { type Chip, chipsOf, provisionalSpans, textOf } from "./chips";
import { samePrompt } from "./draft";

const SCHEMA_VERSION = 3; // of explanations, as the server reads them

export interface Answer {
  readonly id: number;
  readonly kind: "model" | "dataset";
  readonly model: string;
  readonly prompt: Prompt;
  /** Token spans of the full prompt that were taken away first. */
  readonly muted: readonly Span[];
  /** Their words, to show what is missing. */
  readonly mutedTexts: readonly string[];
  /** How it was written; null if it was given. */
  readonly options: GenerationOptions | null;
  readonly tokens: readonly Token[];
  readonly promptLength: number;
  readonly segmentations: Segmentations;
  /** Null while it is being written. */
  readonly finish: FinishReason | null;
}

/** Stopped half way, so that nobody told yet where its segments are. */
export function lacksSegments(answer: Answer): boolean {
  const known = answer.segmentations.token?.at(-1)?.[1] ?? 0;
  return answer.finish !== null && known < answer.tokens.length;
}

/** By the same model, the same tokens. */
export function sameAnswer(answer: Answer, { model, sequence }: Generation): boolean {
  return (
    answer.finish !== null &&
    answer.model === model &&
    answer.tokens.length === sequence.tokens.length &&
    answer.tokens.every((token, i) => token.id === sequence.tokens[i]!.id)
  );
}

export function referenceOf(answer: Answer): SequenceRef {
  return {
    ...promptReference(answer.prompt, answer.muted, answer.options),
    response_ids: answer.tokens.slice(answer.promptLength).map((token) => token.id),
    finish_reason: answer.finish ?? "given",
  };
}

/** A prompt that has no response yet. */
export function promptReference(
  prompt: Prompt,
  muted: readonly Span[] = [],
  options: GenerationOptions | null = null,
): SequenceRef {
  return { prompt, muted: [...muted], response_ids: [], finish_reason: "given", options };
}

/** As the server would tell it. */
export function generationOf(answer: Answer): Generation {
  const { prompt, tokens, promptLength, finish, model, options, muted } = answer;
  const text = textOf(chipsOfAnswer(answer), 0, tokens.length);
  return {
    prompt,
    sequence: { text, tokens: [...tokens], prompt_length: promptLength },
    finish_reason: finish ?? "given",
    model,
    options,
    muted: [...muted],
  };
}

/** An explanation that has no map of it yet. */
export function withoutMaps(answer: Answer): Explanation {
  return {
    generation: generationOf(answer),
    attributions: [],
    metadata: {},
    schema_version: SCHEMA_VERSION,
  };
}

export function chipsOfAnswer(answer: Answer): Chip[] {
  const known = answer.segmentations.token ?? [];
  const length = known.at(-1)?.[1] ?? 0;
  const spans =
    length < answer.tokens.length ? [...known, ...provisionalSpans(answer.tokens, length)] : known;
  return chipsOf(answer.tokens, spans);
}

/** `latest` says what `old` said again, or goes on where it was stopped. */
export function continues(latest: Answer, old: Answer): boolean {
  const ids = referenceOf(latest);
  const oldIds = referenceOf(old);
  return (
    old.kind === latest.kind &&
    old.model === latest.model &&
    samePrompt(old.prompt, latest.prompt) &&
    JSON.stringify(old.muted) === JSON.stringify(latest.muted) &&
    oldIds.response_ids.every((one, i) => one === ids.response_ids[i]) &&
    (old.finish === "cancelled" || oldIds.response_ids.length === ids.response_ids.length)
  );
}

/** The words of the answer alone. */
export function responseText(answer: Answer): string {
  return textOf(chipsOfAnswer(answer), answer.promptLength, answer.tokens.length);
}

/** How many tokens the prompt of an answer is for a model; null if the answer does not tell. */
export function tokensOfPrompt(answer: Answer | null, model: ModelInfo | null): number | null {
  if (!answer || answer.model !== model?.name || answer.muted.length > 0) return null;
  return answer.promptLength;
}
