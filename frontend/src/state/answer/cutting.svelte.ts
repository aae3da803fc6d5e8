/** Custom segments: where the person's pattern cuts an answer. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { type Answer, lacksSegments, referenceOf } from "../../model/answer";
import type { Span } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

/** How long typing has to rest before the pattern is tried. */
const PAUSE = 300;

export interface Pattern {
  readonly answer: Answer;
  readonly pattern: string;
}

export class Cutting {
  readonly job: Job;
  #cut = $state.raw<{ key: string; spans: readonly Span[] } | null>(null);
  #typing = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The spans; null until they are cut, or if none are wanted. */
  readonly spans: readonly Span[] | null = $derived.by(() => {
    const pattern = this.chosen();
    return pattern && this.#cut?.key === keyOf(pattern) ? this.#cut.spans : null;
  });
  readonly #key: string | null = $derived.by(() => {
    const pattern = this.chosen();
    const complete = pattern?.answer.finish && !lacksSegments(pattern.answer);
    return complete && pattern.pattern ? keyOf(pattern) : null;
  });
  /** It is not known yet where the pattern cuts, and will be. */
  readonly pending: boolean = $derived.by(
    () => this.#key !== null && this.spans === null && this.job.error === null,
  );

  constructor(
    transport: Transport,
    watcher: Watcher,
    /** What is to be cut, and by what; null if not by a pattern. */
    private readonly chosen: () => Pattern | null,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** Cut whenever another pattern is wanted, or another answer is there. */
  follow(): void {
    $effect(() => {
      const key = this.#key;
      if (this.#typing) return;
      untrack(() => (key === null || this.spans ? this.job.clear() : this.#ask(key)));
    });
  }

  /** The pattern is being typed: wait until it is whole. */
  typing(): void {
    this.#typing = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#typing = false), PAUSE);
  }

  /** Where a pattern cuts an answer is known from before. */
  remember(pattern: Pattern, spans: readonly Span[]): void {
    this.job.clear();
    this.#cut = { key: keyOf(pattern), spans };
  }

  #ask(key: string): void {
    const { answer, pattern } = this.chosen()!;
    const request = { model: answer.model, reference: referenceOf(answer), pattern };
    void this.job.run("segment", request, (event) => {
      if (event.type === "segments") this.#cut = { key, spans: event.spans };
    });
  }
}

function keyOf({ answer, pattern }: Pattern): string {
  return `${answer.id} ${pattern}`;
}
