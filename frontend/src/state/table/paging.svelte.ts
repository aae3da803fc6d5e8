/** Rows that the server finds: those in sight are asked for, page by page, and once. */
import { SvelteMap } from "svelte/reactivity";
import { PAGE, pagesOf } from "../../model/table";
import type { Job, Outcome } from "../job.svelte";

/** Some of the rows that were found, from `first` on. */
export interface Page<Row> {
  readonly total: number;
  readonly found: number;
  readonly first: number;
  readonly rows: readonly Row[];
}

export abstract class Paging<Row> {
  abstract readonly finding: Job;
  total = $state(0);
  /** How many rows meet the conditions; null until that is known. */
  found = $state<number | null>(null);
  readonly #pages = new SvelteMap<number, readonly Row[]>();
  #wanted: readonly number[] = [];
  #version = 0;
  #known = -1;
  #busy = false;

  /** There is something to ask about. */
  protected abstract readonly ready: boolean;

  /** Ask for rows, and hand them over. */
  protected abstract ask(
    first: number,
    count: number,
    take: (page: Page<Row>) => void,
  ): Promise<Outcome>;

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
  at(number: number): Row | null {
    return this.#pages.get(Math.floor(number / PAGE))?.[number % PAGE] ?? null;
  }

  async #load(): Promise<void> {
    if (this.#busy || !this.ready) return;
    this.#busy = true;
    for (let page = this.#next(); page !== null; page = this.#next()) {
      const version = this.#version;
      const outcome = await this.ask(page * PAGE, PAGE, (event) => {
        if (version === this.#version) this.#take(event, version);
      });
      if (outcome === "failed" && version === this.#version) break;
    }
    this.#busy = false;
  }

  /** The next page to ask for; null if all that are wanted are here. */
  #next(): number | null {
    const wanted = this.#wanted.length > 0 ? this.#wanted : [0];
    if (this.#known !== this.#version) return wanted[0]!;
    return wanted.find((page) => !this.#pages.has(page)) ?? null;
  }

  #take({ first, found, rows, total }: Page<Row>, version: number): void {
    if (this.#known !== version) this.#pages.clear();
    this.#known = version;
    this.total = total;
    this.found = found;
    this.#pages.set(first / PAGE, rows);
  }
}
