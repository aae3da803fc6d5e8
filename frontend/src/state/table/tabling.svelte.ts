/** Datasets as a table: rows as they are scrolled to, one of them whole, and what is changed. */
import { SvelteSet } from "svelte/reactivity";
import type { Transport } from "../../host/transport";
import { type Example, fromServer } from "../../model/example";
import { conditionsOf, keyOf, type Place, placeOf, type TableSetup } from "../../model/table";
import type { Event, ExampleInfo } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Server } from "../server.svelte";
import { type Page, Paging } from "./paging.svelte";

export type RowHead = Extract<Event<"rows">, { type: "rows" }>["rows"][number];

const PAUSE = 180; // ms after the last key before what is typed is looked for
const MOST_AT_ONCE = 1000; // rows that the server tells at once

export class Tabling extends Paging<RowHead> {
  readonly finding: Job;
  readonly selecting: Job;
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
  /** All that are found are selected. */
  readonly allSelected: boolean = $derived.by(
    () => this.selected.size > 0 && this.selected.size === this.found,
  );
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly session: Session,
    private readonly server: Pick<Server, "datasets">,
  ) {
    super();
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

  protected get ready(): boolean {
    return this.datasets.length > 0;
  }

  protected ask(first: number, count: number, take: (page: Page<RowHead>) => void) {
    return this.finding.run("rows", { ...this.asked(), first, count }, (event) => {
      if (event.type !== "rows") return;
      this.columns = event.columns;
      this.more = event.more;
      take(event);
    });
  }

  /** What is looked for, as it travels. */
  asked() {
    const { datasets, setup } = this;
    return { datasets: [...datasets], conditions: conditionsOf(setup), order: setup.order };
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
