/** Three steps for who is here for the first time: each is over once it is done. */
import type { SharedStore } from "../host/store";

const KEPT = "toured";

export const STEPS = ["generate", "click", "mute"] as const;

export type Step = (typeof STEPS)[number];

export class Touring {
  #at = $state<number | null>(null);
  readonly step: Step | null = $derived(this.#at === null ? null : (STEPS[this.#at] ?? null));
  /** What a step asks for was done before it came. */
  #wasDone = false;

  constructor(
    private readonly store: SharedStore,
    private readonly isDone: (step: Step) => boolean,
  ) {}

  get number(): number {
    return (this.#at ?? 0) + 1;
  }

  get isLast(): boolean {
    return this.number === STEPS.length;
  }

  /** Begin by itself, with what was not done yet, until it was seen or skipped in this browser. */
  welcome(): void {
    const at = STEPS.findIndex((step) => !this.isDone(step));
    if (at >= 0 && this.store.read(KEPT) === null) this.#go(at);
  }

  start(): void {
    this.#go(0);
  }

  next(): void {
    if (this.isLast) this.end();
    else this.#go(this.number);
  }

  end(): void {
    this.#at = null;
    this.store.write(KEPT, true);
  }

  /** Go on whenever the person did what a step asks for. */
  follow(): void {
    $effect(() => {
      const { step } = this;
      if (!step) return;
      if (!this.isDone(step)) this.#wasDone = false;
      else if (!this.#wasDone) this.next();
    });
  }

  #go(at: number): void {
    this.#wasDone = this.isDone(STEPS[at]!);
    this.#at = at;
  }
}
