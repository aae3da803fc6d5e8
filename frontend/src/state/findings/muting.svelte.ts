/** Parts taken away from before the target, and what that does to it. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { type Answer, referenceOf } from "../../model/answer";
import { covered, include, subtract } from "../../model/spans";
import { aboutCounting, type Counting } from "../../model/question";
import type { Bound, Proof, Rethought, Span } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

/** Of a target of which it is measured how likely it is. */
export interface Likelihoods {
  readonly logProb: number;
  readonly mutedLogProb: number;
  /** What the loss tells, if it is not exact. */
  readonly bound: Bound | null;
  /** Whether what the answer has before the target could be written anew without the parts. */
  readonly rethinkable: boolean;
  /** What happened once it was; it comes last. */
  readonly again: Rethought | null;
}

/** Or the share of answers that say a target, as it was measured. */
export type MuteResult = Likelihoods | Proof;

/** What is looked at: parts of an answer and its prompt, and what they may have led to. */
export interface Looked {
  readonly answer: Answer | null;
  readonly target: Span | null;
  /** How answers are counted, if the map is of their share. */
  readonly counting: Counting | null;
}

export class Muting {
  readonly job: Job;
  spans = $state.raw<readonly Span[]>([]);
  /** Whether what the answer has before the target is also written anew, each time. */
  thinkAgain = $state(false);
  result = $state.raw<MuteResult | null>(null);
  /** What `result` is of. */
  #resultOf = "";
  /** Muted parts of the prompt: those that a new answer can leave out. */
  readonly ofPrompt: readonly Span[] = $derived.by(() => {
    const length = this.looked().answer?.promptLength ?? 0;
    return this.spans.filter(([, stop]) => stop <= length);
  });
  readonly #measured: readonly Span[] = $derived.by(() => {
    const { target } = this.looked();
    return target ? this.spans.filter(([, stop]) => stop <= target[0]) : [];
  });
  readonly #key: string | null = $derived.by(() => {
    const { answer, counting, target } = this.looked();
    return this.#measured.length > 0
      ? JSON.stringify([answer?.id, target, this.#measured, this.thinkAgain, counting])
      : null;
  });

  /** Answers are counted; a likelihood is measured otherwise. */
  readonly counts: boolean = $derived.by(() => this.looked().counting !== null);

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly looked: () => Looked,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** Measure whenever other parts are muted, or another target is. */
  follow(): void {
    $effect(() => {
      void this.#key;
      untrack(() => void this.measure());
    });
  }

  isMuted(span: Span): boolean {
    return covered(this.spans, span) === span[1] - span[0];
  }

  toggle(span: Span): void {
    this.spans = this.isMuted(span) ? subtract(this.spans, span) : include(this.spans, span);
  }

  /** Mute these and no others, as far as they come before the target: a link may say anything. */
  set(spans: readonly Span[]): void {
    const end = this.looked().target?.[0] ?? 0;
    this.spans = spans
      .filter(([start, stop]) => start < stop && stop <= end)
      .reduce<readonly Span[]>(include, []);
  }

  /** Only what comes before a target can have led to it. */
  keepBefore(target: Span): void {
    this.spans = this.spans.filter(([, stop]) => stop <= target[0]);
  }

  clear(): void {
    this.job.clear();
    this.spans = [];
    this.result = null;
  }

  /** Score the target without the muted parts; the last result stays until the new one is in. */
  async measure(): Promise<void> {
    const { answer, counting, target } = this.looked();
    if (!answer || !target || this.#measured.length === 0) {
      this.job.cancel();
      this.result = null;
      return;
    }
    const request = {
      model: answer.model,
      reference: referenceOf(answer),
      target,
      ...aboutCounting({ counting }),
      spans: [...this.#measured],
      think_again: this.thinkAgain && !counting ? 1 : 0,
    };
    const key = JSON.stringify([answer.id, target, this.#measured, counting]);
    if (this.result && "lost" in this.result !== (counting !== null)) this.result = null; // of another measure
    const outcome = await this.job.run("mute", request, (event) => {
      if (event.type === "share_muted") {
        this.#resultOf = key;
        this.result = event.proof;
      }
      if (event.type !== "mute") return;
      this.#resultOf = key;
      this.result = {
        logProb: event.log_prob,
        mutedLogProb: event.muted_log_prob,
        bound: event.bound ?? null,
        rethinkable: event.rethinkable,
        again: event.again ?? null,
      };
    });
    if (outcome === "failed" && this.#resultOf !== key) this.result = null;
  }
}
