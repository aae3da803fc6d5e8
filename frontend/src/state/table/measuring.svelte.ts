/** What is measured of the rows that are selected in the table. */
import { untrack } from "svelte";
import { SvelteSet } from "svelte/reactivity";
import type { Transport } from "../../host/transport";
import { placeOf } from "../../model/table";
import type { Expense, Requests } from "../../wire";
import type { Choices } from "../choices.svelte";
import { Job, type Watcher } from "../job.svelte";
import type { Server } from "../server.svelte";
import type { Editing } from "./editing.svelte";
import type { Tabling } from "./tabling.svelte";

export type Measure = Requests["measure"]["measures"][number];

const PAUSE = 300; // ms
/** What only models say that tell log-probabilities. */
const OF_LIKELIHOOD: readonly Measure[] = ["log_prob", "perplexity"];

export class Measuring {
  readonly job: Job;
  readonly #costing: Job;
  /** What a server would be asked for; null while that is not known, and of a model that is here. */
  expense = $state.raw<Expense | null>(null);
  readonly measures = new SvelteSet<Measure>(["tokens", "log_prob", "perplexity"]);
  /** Which model measures; null is that of the page. */
  chosen = $state<string | null>(null);
  /** How many rows are asked for, and how many of them are kept. */
  asked = $state(0);
  done = $state<number | null>(null);
  /** Why some could not be measured. */
  problems = $state.raw<readonly string[]>([]);
  readonly model: string | null = $derived.by(
    () => this.chosen ?? this.choices.model?.name ?? null,
  );

  constructor(
    transport: Transport,
    private readonly server: Watcher & Pick<Server, "remote" | "tells">,
    private readonly choices: Choices,
    private readonly table: Pick<Tabling, "selected">,
    private readonly editing: Pick<Editing, "renew">,
  ) {
    this.job = new Job(transport, server);
    this.#costing = new Job(transport, server);
  }

  /** The model tells no log-probabilities, which this one is made of. */
  blocked(measure: Measure): boolean {
    return OF_LIKELIHOOD.includes(measure) && !this.server.tells(this.model);
  }

  /** Ask what it takes as the person pauses, for as long as the effect lives. */
  follow(): void {
    $effect(() => {
      const request = this.#request();
      untrack(() => (this.expense = null)); // of other rows
      if (!request || !this.server.remote(request.model)) return;
      const timer = setTimeout(() => {
        // Nobody waits for a cost, so failing is not told.
        void this.#costing.run("measure_cost", request, (event) => {
          if (event.type === "measure_cost") this.expense = event.expense;
        });
      }, PAUSE);
      return () => {
        clearTimeout(timer);
        this.#costing.cancel();
      };
    });
  }

  /** Null if there is nothing to measure, or nobody to ask. */
  #request(): Requests["measure"] | null {
    const { model } = this;
    const { options } = this.choices;
    const rows = [...this.table.selected].map(placeOf);
    const measures = [...this.measures].filter((one) => !this.blocked(one));
    if (!model || !options || rows.length === 0 || measures.length === 0) return null;
    return { model, rows, measures, options };
  }

  toggle(measure: Measure): void {
    if (!this.measures.delete(measure)) this.measures.add(measure);
  }

  /** Measure the rows that are selected; what is known by then is seen as it comes, and kept. */
  async run(): Promise<void> {
    const request = this.#request();
    if (!request) return;
    this.asked = request.rows.length;
    this.done = null;
    this.problems = [];
    const outcome = await this.job.run("measure", request, (event) => {
      if (event.type !== "measured") return;
      this.done = event.done;
      this.problems = event.problems;
      this.editing.renew();
    });
    if (outcome !== "done") this.editing.renew(); // some of them were kept
  }

  stop(): void {
    this.job.cancel();
    // The server keeps what it knows once it hears of it, which is a moment after this.
    setTimeout(() => this.editing.renew(), 1000);
  }
}
