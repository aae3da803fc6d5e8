/** Datasets as a table: rows as they are scrolled to, one of them whole, and what is changed. */
import { SvelteMap, SvelteSet } from "svelte/reactivity";
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
import type { Event, ExampleInfo } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Server } from "../server.svelte";

type Rows = Extract<Event<"rows">, { type: "rows" }>;
export type RowHead = Rows["rows"][number];

const PAUSE = 180; // ms after the last key before what is typed is looked for
const MOST_AT_ONCE = 1000; // rows that the server tells at once

export class Tabling {
  readonly finding: Job;
  readonly selecting: Job;
  total = $state(0);
  /** How many rows meet the conditions; null until that is known. */
  found = $state<number | null>(null);
  columns = $state.raw<readonly string[]>([]);
  /** How many there are besides, which only a row by itself shows. */
  more = $state(0);
  /** By their keys. */
  readonly selected = new SvelteSet<string>();
  readonly setup: TableSetup = $derived.by(() => this.session.table);
  /** The names of those that are shown. */
  readonly datasets: readonly string[] = $derived.by(() => {
    const all = this.server.datasets.map(({ name }) => name);
    const chosen = this.setup.datasets?.filter((name) => all.includes(name)) ?? [];
    return chosen.length > 0 ? chosen : all;
  });
  readonly #pages = new SvelteMap<number, readonly RowHead[]>();
  /** All that are found are selected. */
  readonly allSelected: boolean = $derived.by(
    () => this.selected.size > 0 && this.selected.size === this.found,
  );
  #wanted: readonly number[] = [];
  #version = 0;
  #known = -1;
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly session: Session,
    private readonly server: Pick<Server, "datasets">,
  ) {
    this.finding = new Job(transport, watcher);
    this.selecting = new Job(transport, watcher);
  }

  /** Look for something else; `soon` once the person has typed it. */
  set(change: Partial<TableSetup>, soon = false): void {
    if (!change.order) this.selected.clear(); // nothing happens to what is out of sight
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

  #take({ columns, first, found, more, rows, total }: Rows, version: number): void {
    if (this.#known !== version) this.#pages.clear();
    this.#known = version;
    this.total = total;
    this.found = found;
    this.columns = columns;
    this.more = more;
    this.#pages.set(first / PAGE, rows);
  }

  /** All of some rows, in the same order, without those that are gone; null if it went wrong. */
  async read(places: readonly Place[], job: Job): Promise<[Place, ExampleInfo][] | null> {
    const found: [Place, ExampleInfo][] = [];
    for (let first = 0; first < places.length; first += MOST_AT_ONCE) {
      const asked = places.slice(first, first + MOST_AT_ONCE);
      const request = { places: asked.map(({ dataset, id }) => ({ dataset, id })) };
      const outcome = await job.run("row", request, (event) => {
        if (event.type !== "row") return;
        event.rows.forEach((row, i) => row && found.push([asked[i]!, row]));
      });
      if (outcome !== "done") return null;
    }
    return found;
  }

  // ---- what is selected ----

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

  /** The examples that are selected, whole, in the order they were chosen. */
  async chosen(): Promise<Example[]> {
    const rows = await this.read([...this.selected].map(placeOf), this.selecting);
    return (rows ?? []).map(([{ dataset }, row]) => fromServer(dataset, row));
  }

  /** An example that was open before, of the many which are not all here. */
  async recall(key: string | null, known: (example: Example) => void): Promise<void> {
    const dataset = this.server.datasets.find(({ name }) => key?.startsWith(`${name}/`));
    if (!key || !dataset || dataset.count === dataset.examples.length) return;
    const place = { dataset: dataset.name, id: key.slice(dataset.name.length + 1) };
    const [found] = (await this.read([place], this.selecting)) ?? [];
    if (found) known(fromServer(dataset.name, found[1]));
  }
}
