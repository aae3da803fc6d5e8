/** What the person sees, told to whoever follows it; and shown, when they set it. */
import { textOf } from "../model/chips";
import type { Mirror } from "../host/mirror";
import type { Attribution, Generation, Seen } from "../wire";
import type { Answer } from "./answer/answers.svelte";
import type { Workbench } from "./workbench.svelte";

export class Mirroring {
  readonly #stop: () => void;

  constructor(
    private readonly workbench: Workbench,
    mirror: Mirror,
  ) {
    if (mirror.seen) this.#show(mirror.seen);
    mirror.listen((seen) => this.#show(seen));
    this.#stop = $effect.root(() => {
      $effect(() => {
        const seen = this.#seen();
        if (seen) mirror.tell(seen);
      });
    });
  }

  stop(): void {
    this.#stop();
  }

  /** Null while an answer is being written: what was seen before still holds. */
  #seen(): Seen | null {
    const { answers, subject } = this.workbench;
    const answer = answers.current;
    if (!answer) return { generation: null, segmentations: {}, target: null, attribution: null };
    if (answer.finish === null) return null;
    const attribution = subject && this.#attribution();
    const [start, stop] = subject?.target ?? [0, 0];
    return {
      generation: generationOf(answer, textOf(answers.chips, 0, answer.tokens.length)),
      segmentations: answer.segmentations,
      target: subject && { start, stop, foil: attribution?.target.foil ?? null },
      attribution,
    };
  }

  /** The map as it is cut and joined on the page. */
  #attribution(): Attribution | null {
    const { shown, session } = this.workbench;
    const found = this.workbench.explaining.attribution;
    if (!shown || !found) return null;
    const { granularity, pattern, aggregate } = session;
    if (!found.token_scores) return found;
    return {
      ...found,
      granularity,
      pattern: granularity === "custom" ? pattern : null,
      aggregate,
      segments: [...shown.influences],
    };
  }

  #show({ generation, segmentations, target, attribution }: Seen): void {
    if (!generation) {
      this.workbench.setTarget(null);
      return;
    }
    this.workbench.showGeneration(generation, segmentations);
    const foil = target?.foil ? { value: target.foil.ids, text: target.foil.text } : null;
    if (target && attribution) this.workbench.adopt(attribution, foil);
    this.workbench.setTarget(target && [target.start, target.stop], foil);
    this.workbench.refresh();
  }
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
