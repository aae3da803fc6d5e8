/** What is measured of the rows that are selected in the table. */
import { SvelteSet } from "svelte/reactivity";
import type { Transport } from "../../host/transport";
import { placeOf } from "../../model/table";
import type { Requests } from "../../wire";
import type { Choices } from "../choices.svelte";
import { Job, type Watcher } from "../job.svelte";
import type { Editing } from "./editing.svelte";
import type { Tabling } from "./tabling.svelte";

export type Measure = Requests["measure"]["measures"][number];

export class Measuring {
  readonly job: Job;
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
    watcher: Watcher,
    private readonly choices: Choices,
    private readonly table: Pick<Tabling, "selected">,
    private readonly editing: Pick<Editing, "renew">,
  ) {
    this.job = new Job(transport, watcher);
  }

  toggle(measure: Measure): void {
    if (!this.measures.delete(measure)) this.measures.add(measure);
  }

  /** Measure the rows that are selected; what is known by then is seen as it comes, and kept. */
  async run(): Promise<void> {
    const { model } = this;
    const { options } = this.choices;
    const rows = [...this.table.selected].map(placeOf);
    if (!model || !options || rows.length === 0 || this.measures.size === 0) return;
    this.asked = rows.length;
    this.done = null;
    this.problems = [];
    const request = { model, rows, measures: [...this.measures], options };
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
