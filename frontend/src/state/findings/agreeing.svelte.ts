/** How far the methods that were run on a target rank its parts alike. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import type { Comparable } from "../../model/agreement";
import { Job, type Watcher } from "../job.svelte";

const PAUSE = 150;

export interface Agreement {
  readonly methods: readonly string[];
  /** Rank correlations, one row for each method. */
  readonly correlations: readonly (readonly number[])[];
}

/** Maps of the same segments by several methods of a model. */
export interface Compared extends Comparable {
  readonly model: string;
}

export class Agreeing {
  readonly #job: Job;
  found = $state.raw<Agreement | null>(null);
  readonly #key: string | null = $derived.by(() => {
    const compared = this.compared();
    return compared && JSON.stringify(compared);
  });

  constructor(
    transport: Transport,
    watcher: Watcher,
    /** Null while there are no two maps to compare. */
    private readonly compared: () => Compared | null,
  ) {
    this.#job = new Job(transport, watcher);
  }

  /** Ask once the person pauses. Nobody waits for it, so failing is not told. */
  follow(): void {
    $effect(() => {
      if (this.#key === null) return untrack(() => this.#clear());
      const timer = setTimeout(() => this.#ask(), PAUSE);
      return () => clearTimeout(timer);
    });
  }

  #ask(): void {
    const compared = this.compared();
    if (!compared) return;
    const { model, methods } = compared;
    const request = { model, maps: compared.maps.map((scores) => [...scores]) };
    void this.#job.run("agree", request, (event) => {
      if (event.type === "agree") this.found = { methods, correlations: event.correlations };
    });
  }

  #clear(): void {
    this.#job.cancel();
    this.found = null;
  }
}
