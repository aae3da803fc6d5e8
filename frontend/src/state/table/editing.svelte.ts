/** A row of the table, whole; and what is changed, each change after the one before. */
import type { Kept } from "../../host/store";
import type { Transport } from "../../host/transport";
import { type Example, fromServer } from "../../model/example";
import { keyOf, type Place } from "../../model/table";
import { t } from "../../strings";
import type { Event, ExampleInfo, Requests } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Server } from "../server.svelte";
import type { Tabling } from "./tabling.svelte";

type Edited = Extract<Event<"edit">, { type: "edited" }>;
export type RowEdit = Requests["edit"]["edits"][number];
export type Values = Readonly<Record<string, unknown>>;

const MOST_UNDONE = 50;
const PAUSE = 400; // ms after a change before the rest of the page hears of it

interface Done {
  readonly dataset: string;
  readonly what: string;
  readonly undo: string;
}

export class Editing {
  readonly changing: Job;
  readonly opening: Job;
  readonly #renewing: Job;
  /** The row that is read and edited. */
  open = $state.raw<{ readonly dataset: string; readonly row: ExampleInfo } | null>(null);
  /** What was done last, which can be undone. */
  readonly done: Done | null = $derived.by(() => this.#done.at(-1) ?? null);
  #done = $state.raw<readonly Done[]>([]);
  #queue: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly kept: Pick<Kept, "rows" | "datasets">,
    private readonly server: Pick<Server, "connect">,
    private readonly table: Pick<Tabling, "found" | "read" | "refresh" | "selected">,
    private readonly show: (example: Example) => void,
  ) {
    this.changing = new Job(transport, watcher);
    this.opening = new Job(transport, watcher);
    this.#renewing = new Job(transport, watcher);
  }

  /** What others change is seen, too. */
  follow(): void {
    $effect(() => this.kept.rows.watch(() => this.renew()));
    $effect(() => this.kept.datasets.watch(() => void this.server.connect(true)));
  }

  /** Rows changed, here or elsewhere: the table, the row that is open and the page hear of it. */
  renew(): void {
    if (this.table.found !== null) this.table.refresh();
    void this.#reread();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.server.connect(true), PAUSE);
  }

  // ---- one row ----

  async edit(place: Place): Promise<void> {
    const [found] = (await this.table.read([place], this.opening)) ?? [];
    if (found) this.open = { dataset: place.dataset, row: found[1] };
  }

  isOpen({ dataset, id }: Place): boolean {
    return this.open?.dataset === dataset && this.open.row.id === id;
  }

  close(): void {
    this.open = null;
  }

  /** Ask a model about a row. */
  async lookAt(place: Place): Promise<void> {
    await this.#queue; // also about what was typed just now
    const [found] = (await this.table.read([place], this.opening)) ?? [];
    if (found) this.show(fromServer(place.dataset, found[1]));
  }

  /** The row that is open, as it is by now; closed if it is gone. */
  async #reread(): Promise<void> {
    const before = this.open;
    if (!before) return;
    const place = { dataset: before.dataset, id: before.row.id };
    const rows = await this.table.read([place], this.#renewing);
    if (this.open !== before || rows === null) return;
    this.open = rows[0] ? { ...before, row: rows[0][1] } : null;
  }

  // ---- what is changed ----

  /** Change columns of a row; false if that could not be kept. */
  async save({ dataset, id }: Place, what: string, values: Values): Promise<boolean> {
    const edit = { id, values: { ...values }, new: false };
    return this.#after(async () => (await this.#change(dataset, what, [edit])) !== null);
  }

  /** A copy of a row, right behind it, which is open then. */
  async duplicate({ dataset, id }: Place, what: string): Promise<void> {
    await this.#insert(dataset, what, { id, like: id, after: id, values: {}, new: true });
  }

  /** A blank row, right behind another or behind all, which is open then. */
  async insert(dataset: string, after: string | null): Promise<void> {
    const added = { id: t.table.newId, values: { prompt: "" }, after, new: true };
    await this.#insert(dataset, t.table.did.added, added);
  }

  async #insert(dataset: string, what: string, edit: RowEdit): Promise<void> {
    const ids = await this.#after(() => this.#change(dataset, what, [edit]));
    if (ids) await this.edit({ dataset, id: ids[0]! });
  }

  /** Drop rows of any dataset. */
  async remove(places: readonly Place[]): Promise<void> {
    for (const dataset of new Set(places.map((place) => place.dataset))) {
      const own = places.filter((place) => place.dataset === dataset);
      const edits = own.map(({ id }) => ({ id, values: null, new: false }));
      const what = t.table.did.removed(own.length);
      if (!(await this.#after(() => this.#change(dataset, what, edits)))) return;
      for (const place of own) this.table.selected.delete(keyOf(place));
    }
  }

  /** Take back what was done last. */
  async undo(): Promise<void> {
    await this.#after(async () => {
      const last = this.done;
      if (!last) return;
      const { dataset, undo } = last;
      const outcome = await this.changing.run("undo", { dataset, undo }, () => {});
      if (outcome === "done") this.#done = this.#done.slice(0, -1);
      this.renew();
    });
  }

  /** Drop a dataset that was added here. */
  async removeDataset(dataset: string): Promise<void> {
    await this.#after(async () => {
      const outcome = await this.changing.run("remove", { dataset }, () => {});
      if (outcome !== "done") return;
      if (this.open?.dataset === dataset) this.close();
      this.#done = this.#done.filter((one) => one.dataset !== dataset);
      for (const key of [...this.table.selected]) {
        if (key.startsWith(JSON.stringify([dataset]).slice(0, -1))) this.table.selected.delete(key);
      }
      await this.server.connect(true);
      this.table.refresh();
    });
  }

  /** Their ids; null if they could not be kept. */
  async #change(dataset: string, what: string, edits: RowEdit[]): Promise<string[] | null> {
    let edited = null as Edited | null;
    await this.changing.run("edit", { dataset, edits }, (event) => {
      if (event.type === "edited") edited = event;
    });
    if (edited) {
      this.#done = [...this.#done, { dataset, what, undo: edited.undo }].slice(-MOST_UNDONE);
    }
    this.renew(); // also where it was refused: somebody may have removed the row
    return edited?.ids ?? null;
  }

  /** One after the other, in the order they were asked for. */
  #after<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}
