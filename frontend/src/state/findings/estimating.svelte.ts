/** What each method would cost, asked for ahead of running one. */
import type { Transport } from "../../host/transport";
import type { Cost, ParameterValue } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import { aboutSubject, keyOfSubject, type Question, type Subject } from "./question";

const PAUSE = 150;

/** Everything a cost depends on: the parameters of all methods, whichever is chosen. */
export interface Prospect extends Subject, Pick<Question, "granularity" | "pattern"> {
  readonly allParams: Record<string, Record<string, ParameterValue>>;
}

export class Estimating {
  readonly #job: Job;
  costs = $state.raw<Readonly<Record<string, Cost>>>({});
  #key = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, watcher: Watcher) {
    this.#job = new Job(transport, watcher);
  }

  /** Ask once the person pauses. Nobody waits for a cost, so failing is not told. */
  ask(prospect: Prospect): void {
    const { granularity, pattern, allParams } = prospect;
    const key = JSON.stringify([keyOfSubject(prospect), granularity, pattern, allParams]);
    if (key === this.#key) return;
    this.#key = key;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const request = { ...aboutSubject(prospect), granularity, pattern, params: allParams };
      void this.#job.run("estimate", request, (event) => {
        if (event.type === "estimate") this.costs = event.costs;
      });
    }, PAUSE);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#job.cancel();
    this.costs = {};
    this.#key = "";
  }
}
