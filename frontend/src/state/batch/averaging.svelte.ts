/** What holds on average over a batch: asked for as the person wants it told. */
import type { Event, Requests } from "../../wire";
import { Job } from "../job.svelte";
import type { Server } from "../server.svelte";

export type BatchSummary = Extract<Event<"batch_summary">, { type: "batch_summary" }>;
type Request = Requests["batch_summary"];

const PAUSE = 500; // ms after the last key: it may take seconds

export class Averaging {
  readonly job: Job;
  /** The last one stays until the next is here. */
  told = $state.raw<BatchSummary | null>(null);
  /** More than the sentences is shown. */
  open = $state(false);
  /** What is looked for in answers; "" is nothing. */
  find = $state("");
  by = $state<Request["by"]>("line");
  /** Which of the batch's maps are meant, by its place. */
  map = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    server: Server,
    readonly batch: string,
  ) {
    this.job = new Job(server.transport, server);
  }

  /** Want something else told; `soon` once the person has typed it. */
  set(change: Partial<Pick<Averaging, "by" | "find" | "map">>, maps: Maps, soon = false): void {
    Object.assign(this, change);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(maps), soon ? PAUSE : 0);
  }

  /** Have it told, of one of these maps. */
  async ask(maps: Maps): Promise<void> {
    const map = maps[this.map];
    if (!map) return;
    const { batch, by } = this;
    const find = this.find.trim() || null;
    await this.job.run("batch_summary", { batch, ...map, by, find }, (event) => {
      if (event.type === "batch_summary") this.told = event;
    });
  }
}

type Maps = readonly { readonly method: string; readonly granularity: string }[];
