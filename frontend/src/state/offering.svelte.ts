/** A comparison that servers are not asked for before a person knows what it takes. */
import type { Transport } from "../host/transport";
import { sumOf } from "../model/expense";
import type { Seen } from "../model/run";
import type { Expense, Requests } from "../wire";
import { Job } from "./job.svelte";
import type { Server } from "./server.svelte";

export interface Offer {
  /** What it is of. */
  readonly key: string;
  /** Null if that can't be told. */
  readonly expense: Expense | null;
}

export class Offering {
  readonly #job: Job;
  #offer = $state.raw<Offer | null>(null);
  /** Models that are here of those that wrote the runs. */
  readonly #here: readonly string[] = $derived.by(() => {
    const here = this.server.models.map(({ name }) => name);
    const wrote = new Set(this.runs().map(({ answer }) => answer.model));
    return [...wrote].filter((name) => here.includes(name));
  });
  /** Those that can say how likely something is. */
  readonly able: readonly string[] = $derived.by(() =>
    this.#here.filter((name) => this.server.tells(name)),
  );
  /** Those that can't. */
  readonly silent: readonly string[] = $derived.by(() =>
    this.#here.filter((name) => !this.server.tells(name)),
  );
  /** Of those that can, those whose calls may have to be paid. */
  readonly paid: readonly string[] = $derived.by(() =>
    this.able.filter((name) => this.server.remote(name)),
  );

  constructor(
    transport: Transport,
    private readonly server: Server,
    private readonly runs: () => readonly Seen[],
  ) {
    this.#job = new Job(transport, server);
  }

  /** Null of what was not asked about. */
  of(key: string | null): Offer | null {
    return this.#offer?.key === key ? this.#offer : null;
  }

  /** What it takes; nobody waits for a cost, so failing is not told. */
  async ask(key: string, explanations: Requests["compare"]["explanations"]): Promise<void> {
    this.#offer = null;
    const told: Expense[] = [];
    for (const model of this.paid) {
      const outcome = await this.#job.run(
        "compare_cost",
        { model, explanations, known: null, at_most: [] },
        (event) => {
          if (event.type === "compare_cost" && event.expense) told.push(event.expense);
        },
      );
      if (outcome === "stopped") return;
    }
    this.#offer = { key, expense: sumOf(told) };
  }
}
