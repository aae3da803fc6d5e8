/** A batch that was run before: what it is of, its runs as they are scrolled to, and one of them. */
import { type BatchSetup, NO_BATCH, queryOf, setupOf } from "../../model/batch";
import type { Event } from "../../wire";
import { Job } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Server } from "../server.svelte";
import { type Page, Paging } from "../table/paging.svelte";

export type BatchInfo = Extract<Event<"batch">, { type: "batch" }>;
export type BatchRow = Extract<Event<"batch_rows">, { type: "batch_rows" }>["rows"][number];
export type BatchRun = Extract<Event<"batch_run">, { type: "batch_run" }>;

const PAUSE = 180; // ms after the last key before what is typed is looked for

export class Batching extends Paging<BatchRow> {
  readonly finding: Job;
  readonly opening: Job;
  readonly reading: Job;
  about = $state.raw<BatchInfo | null>(null);
  /** What is read of a run; the last one stays until the next is here. */
  read = $state.raw<BatchRun | null>(null);
  /** The run that was looked at last, whether or not it could be read; "" if there is none. */
  left = "";
  /** How far the table was scrolled. */
  top = 0;
  readonly setup: BatchSetup = $derived.by(() => setupOf(this.session.batch, this.server.batches));
  /** Of the one that is shown; "" if there is none. */
  readonly name: string = $derived.by(() => this.setup.name);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly server: Server,
    private readonly session: Session,
  ) {
    super();
    this.finding = new Job(server.transport, server);
    this.opening = new Job(server.transport, server);
    this.reading = new Job(server.transport, server);
  }

  protected get ready(): boolean {
    return this.name !== "";
  }

  protected ask(first: number, count: number, take: (page: Page<BatchRow>) => void) {
    const request = { batch: this.name, ...queryOf(this.setup), first, count };
    return this.finding.run("batch_rows", request, (event) => {
      if (event.type === "batch_rows") take(event);
    });
  }

  /** Know what it is of and which runs it has; `again`, as they are by now. */
  async open(again = false): Promise<void> {
    const batch = this.name;
    if (!this.ready) return;
    const outcome = await this.opening.run("batch", { batch, again }, (event) => {
      if (event.type === "batch") this.about = event;
    });
    if (outcome === "done") this.refresh();
  }

  /** Show another one, with nothing looked for. */
  choose(name: string): void {
    this.about = null;
    this.left = "";
    this.top = 0;
    this.session.set({ batch: { ...NO_BATCH, name } });
  }

  /** Look for something else; `soon` once the person has typed it. */
  set(change: Partial<BatchSetup>, soon = false): void {
    this.session.set({ batch: { ...this.setup, ...change } });
    this.top = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), soon ? PAUSE : 0);
  }

  /** Read a run; "" goes back to the table. */
  look(run: string): void {
    this.session.set({ batch: { ...this.setup, run } });
  }

  /** All of the run that is looked at. */
  async load(): Promise<void> {
    const { run } = this.setup;
    if (run === "" || !this.ready) return;
    this.left = run;
    const request = { batch: this.name, ...queryOf(this.setup), run };
    await this.reading.run("batch_run", request, (event) => {
      if (event.type === "batch_run") this.read = event;
    });
  }
}
