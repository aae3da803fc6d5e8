/** Datasets as a table: rows as they are scrolled to, one of them whole, and what is changed. */
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { Kept } from "../../host/store";
import type { Transport } from "../../host/transport";
import { type Example, fromServer } from "../../model/example";
import {
  conditionsOf,
  keyOf,
  PAGE,
  pagesOf,
  type Place,
  placeOf,
  type TableSetup,
} from "../../model/table";
import type { Event, ExampleInfo, Requests } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Server } from "../server.svelte";

type Edited = Extract<Event<"edit">, { type: "edited" }>;
type Rows = Extract<Event<"rows">, { type: "rows" }>;
export type RowHead = Rows["rows"][number];
export type RowEdit = Requests["edit"]["edits"][number];

const PAUSE = 180; // ms after the last key before what is typed is looked for
const MOST_AT_ONCE = 1000; // rows that the server tells at once
const MOST_UNDONE = 50;

interface Done {
  readonly dataset: string;
  readonly what: string;
  readonly undo: readonly RowEdit[];
}

export class Tabling {
  readonly finding: Job;
  readonly changing: Job;
  readonly opening: Job;
  readonly renewing: Job;
  readonly selecting: Job;
  total = $state(0);
  /** How many rows meet the conditions; null until that is known. */
  found = $state<number | null>(null);
  columns = $state.raw<readonly string[]>([]);
  /** By their keys. */
  readonly selected = new SvelteSet<string>();
  /** The row that is read and edited. */
  open = $state.raw<{ readonly dataset: string; readonly row: ExampleInfo } | null>(null);
  /** What was done last, which can be undone. */
  readonly done: Done | null = $derived.by(() => this.#done.at(-1) ?? null);
  readonly setup: TableSetup = $derived.by(() => this.session.table);
  /** The names of those that are shown. */
  readonly datasets: readonly string[] = $derived.by(() => {
    const all = this.server.datasets.map(({ name }) => name);
    const chosen = this.setup.datasets?.filter((name) => all.includes(name)) ?? [];
    return chosen.length > 0 ? chosen : all;
  });
  #done = $state.raw<readonly Done[]>([]);
  readonly #pages = new SvelteMap<number, readonly RowHead[]>();
  #wanted: readonly number[] = [];
  #version = 0;
  #known = -1;
  #busy = false;
  #saving: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly session: Session,
    private readonly kept: Pick<Kept, "rows" | "datasets">,
    private readonly server: Pick<Server, "datasets" | "connect">,
    private readonly show: (example: Example) => void,
  ) {
    this.finding = new Job(transport, watcher);
    this.changing = new Job(transport, watcher);
    this.opening = new Job(transport, watcher);
    this.renewing = new Job(transport, watcher);
    this.selecting = new Job(transport, watcher);
  }

  /** What others change is seen, too. */
  follow(): void {
    $effect(() =>
      this.kept.rows.watch(() => {
        if (this.#known >= 0) this.renew();
      }),
    );
    $effect(() => this.kept.datasets.watch(() => void this.server.connect(true)));
  }

  /** Look for something else; `soon` once the person has typed it. */
  set(change: Partial<TableSetup>, soon = false): void {
    this.session.set({ table: { ...this.setup, ...change } });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), soon ? PAUSE : 0);
  }

  /** What is there is asked for anew; until it comes, what was there stays. */
  refresh(): void {
    this.#version += 1;
    this.finding.cancel();
    void this.#load();
  }

  /** Somebody else changed rows. */
  renew(): void {
    this.refresh();
    void this.#reread();
  }

  /** These rows are in sight. */
  need(first: number, last: number): void {
    this.#wanted = pagesOf(first, last);
    void this.#load();
  }

  /** A row by its number among those that were found; null while it is not here. */
  at(number: number): RowHead | null {
    return this.#pages.get(Math.floor(number / PAGE))?.[number % PAGE] ?? null;
  }

  async #load(): Promise<void> {
    if (this.#busy || this.datasets.length === 0) return;
    this.#busy = true;
    for (let page = this.#next(); page !== null; page = this.#next()) {
      const version = this.#version;
      const request = { ...this.asked(), first: page * PAGE, count: PAGE };
      const outcome = await this.finding.run("rows", request, (event) => {
        if (event.type === "rows" && version === this.#version) this.#take(event, version);
      });
      if (outcome === "failed" && version === this.#version) break;
    }
    this.#busy = false;
  }

  /** What is looked for, as it travels. */
  asked() {
    const { datasets, setup } = this;
    return { datasets: [...datasets], conditions: conditionsOf(setup), order: setup.order };
  }

  /** The next page to ask for; null if all that are wanted are here. */
  #next(): number | null {
    const wanted = this.#wanted.length > 0 ? this.#wanted : [0];
    if (this.#known !== this.#version) return wanted[0]!;
    return wanted.find((page) => !this.#pages.has(page)) ?? null;
  }

  #take({ columns, first, found, rows, total }: Rows, version: number): void {
    if (this.#known !== version) this.#pages.clear();
    this.#known = version;
    this.total = total;
    this.found = found;
    this.columns = columns;
    this.#pages.set(first / PAGE, rows);
  }

  // ---- one row ----

  /** Read all of a row. */
  async read({ dataset, id }: Place, job = this.opening): Promise<ExampleInfo | null> {
    let row: ExampleInfo | null = null;
    await job.run("row", { dataset, id }, (event) => {
      if (event.type === "row") row = event.row;
    });
    return row;
  }

  /** The row that is open, as it is by now. */
  async #reread(): Promise<void> {
    const before = this.open;
    if (!before) return;
    const row = await this.read({ dataset: before.dataset, id: before.row.id }, this.renewing);
    if (row && this.open === before) this.open = { ...before, row };
  }

  async edit(place: Place): Promise<void> {
    const row = await this.read(place);
    if (row) this.open = { dataset: place.dataset, row };
  }

  isOpen({ dataset, id }: Place): boolean {
    return this.open?.dataset === dataset && this.open.row.id === id;
  }

  close(): void {
    this.open = null;
  }

  /** Ask a model about a row. */
  async lookAt(place: Place): Promise<void> {
    const row = await this.read(place);
    if (row) this.show(fromServer(place.dataset, row));
  }

  /** Select all rows that are found, also those that are not in sight; or none. */
  async selectAll(on: boolean): Promise<void> {
    this.selected.clear();
    const count = on ? (this.found ?? 0) : 0;
    for (let first = 0; first < count; first += MOST_AT_ONCE) {
      const request = { ...this.asked(), first, count: MOST_AT_ONCE };
      const outcome = await this.selecting.run("rows", request, (event) => {
        if (event.type === "rows") for (const row of event.rows) this.selected.add(keyOf(row));
      });
      if (outcome !== "done") return;
    }
  }

  /** The examples that are selected, whole, in the order they were chosen; as many as are here. */
  async chosen(): Promise<Example[]> {
    const examples: Example[] = [];
    for (const place of [...this.selected].map(placeOf)) {
      const row = await this.read(place);
      if (row) examples.push(fromServer(place.dataset, row));
    }
    return examples;
  }

  /** An example that was open before, of the many which are not all here. */
  async recall(key: string | null, known: (example: Example) => void): Promise<void> {
    const dataset = this.server.datasets.find(({ name }) => key?.startsWith(`${name}/`));
    if (!key || !dataset || dataset.count === dataset.examples.length) return;
    const row = await this.read({ dataset: dataset.name, id: key.slice(dataset.name.length + 1) });
    if (row) known(fromServer(dataset.name, row));
  }

  // ---- what is changed ----

  /** Change rows; null if they could not be kept, else their ids. */
  async change(
    dataset: string,
    what: string,
    edits: readonly RowEdit[],
  ): Promise<readonly string[] | null> {
    let edited = null as Edited | null;
    await this.changing.run("edit", { dataset, edits: [...edits] }, (event) => {
      if (event.type === "edited") edited = event;
    });
    if (!edited) return null;
    this.#done = [...this.#done, { dataset, what, undo: edited.undo }].slice(-MOST_UNDONE);
    this.refresh();
    return edited.ids;
  }

  async undo(): Promise<void> {
    const last = this.done;
    if (!last) return;
    const { dataset, undo } = last;
    const outcome = await this.changing.run("edit", { dataset, edits: [...undo] }, () => {});
    if (outcome !== "done") return;
    this.#done = this.#done.slice(0, -1);
    if (this.open?.dataset === dataset) await this.edit({ dataset, id: this.open.row.id });
    this.refresh();
  }

  /** Change a row as it is by then, after what is being changed already; false if it is not kept. */
  save(place: Place, what: string, changed: (row: ExampleInfo) => ExampleInfo): Promise<boolean> {
    const saved = this.#saving.then(() => this.#save(place, what, changed));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  async #save(place: Place, what: string, changed: (row: ExampleInfo) => ExampleInfo) {
    const before = await this.read(place, this.changing);
    if (!before) return false;
    const row = changed(before);
    const kept = await this.change(place.dataset, what, [{ id: row.id, row, new: false }]);
    if (kept) await this.#reread();
    return kept !== null;
  }

  /** A copy of a row, right behind it, which is open then. */
  async duplicate(place: Place, what: string): Promise<void> {
    const row = await this.read(place);
    if (row) await this.insert(place.dataset, row, what, place.id);
  }

  /** A new row, right behind another or behind all, which is open then. */
  async insert(dataset: string, row: ExampleInfo, what: string, after: string | null) {
    const ids = await this.change(dataset, what, [{ id: row.id, row, after, new: true }]);
    if (ids) this.open = { dataset, row: { ...row, id: ids[0]! } };
  }

  /** Drop rows of any dataset. */
  async remove(places: readonly Place[], what: string): Promise<void> {
    const datasets = [...new Set(places.map(({ dataset }) => dataset))];
    for (const dataset of datasets) {
      const own = places.filter((place) => place.dataset === dataset);
      const edits = own.map(({ id }) => ({ id, row: null, new: false }));
      if (!(await this.change(dataset, what, edits))) return;
    }
    for (const place of places) this.selected.delete(keyOf(place));
    if (places.some((place) => this.isOpen(place))) this.close();
  }
}
