/** What each method and a check would cost, asked for ahead of running one. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import {
  aboutCounting,
  aboutSubject,
  keyOfSubject,
  type Question,
  type Subject,
} from "../../model/question";
import type { Cost, Expense, ParameterValue } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

const PAUSE = 150;

/** Everything a cost depends on: the parameters of all methods, whichever is chosen. */
export interface Prospect
  extends Subject, Pick<Question, "granularity" | "pattern" | "budget" | "counting"> {
  readonly allParams: Record<string, Record<string, ParameterValue>>;
}

/** No prospect yet while the subject's segments are not known. */
export interface Planned {
  readonly subject: Subject | null;
  readonly prospect: Prospect | null;
  /** Segments of the map that a check would be of; null while there is none. */
  readonly parts: number | null;
}

export class Estimating {
  readonly #job: Job;
  costs = $state.raw<Readonly<Record<string, Cost>>>({});
  check = $state.raw<Cost | null>(null);
  /** Of a server: what a mute asks for, and one after which the model thinks again. */
  mute = $state.raw<Expense | null>(null);
  thinkAgain = $state.raw<Expense | null>(null);
  readonly #key: string | null = $derived.by(() => {
    const { subject, prospect, parts } = this.planned();
    if (!prospect) return subject && "";
    const { counting, granularity, pattern, allParams, budget } = prospect;
    const how = [granularity, pattern, allParams, budget, parts, counting];
    return JSON.stringify([keyOfSubject(prospect), ...how]);
  });

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly planned: () => Planned,
  ) {
    this.#job = new Job(transport, watcher);
  }

  /** Ask once the person pauses. Nobody waits for a cost, so failing is not told. */
  follow(): void {
    $effect(() => {
      if (this.#key === null) return untrack(() => this.#clear());
      if (this.#key === "") return;
      untrack(() => (this.check = this.mute = this.thinkAgain = null)); // of another map
      const timer = setTimeout(() => this.#ask(), PAUSE);
      return () => clearTimeout(timer);
    });
  }

  #ask(): void {
    const { prospect, parts } = this.planned();
    if (!prospect) return;
    const { granularity, pattern, allParams, budget } = prospect;
    const request = {
      ...aboutSubject(prospect),
      ...aboutCounting(prospect),
      granularity,
      pattern,
      params: allParams,
      budget,
      parts,
    };
    void this.#job.run("estimate", request, (event) => {
      if (event.type !== "estimate") return;
      this.costs = event.costs;
      this.check = event.check;
      this.mute = event.mute ?? null;
      this.thinkAgain = event.think_again ?? null;
    });
  }

  #clear(): void {
    this.#job.cancel();
    this.costs = {};
    this.check = this.mute = this.thinkAgain = null;
  }
}
