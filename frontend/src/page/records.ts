/** Records, kept in the browser's database: what is kept by name elsewhere has no room for many. */
import { createStore, del, get, set, update, type UseStore } from "idb-keyval";
import type { Kept, Listed, RecordStore, Written } from "../host/store";

const LIST = "list";

export class BrowserRecords implements RecordStore {
  #database: UseStore | undefined;
  #channel: BroadcastChannel | undefined;

  /**
   * Args:
   *   name: of the database.
   *   most: so many are kept that nobody asked to keep.
   */
  constructor(
    private readonly name: string,
    readonly most = 100,
  ) {}

  async list(): Promise<readonly Listed[]> {
    try {
      return (await get<Listed[]>(LIST, this.#store())) ?? [];
    } catch {
      return []; // the browser keeps nothing for this page
    }
  }

  async read(id: string): Promise<unknown> {
    try {
      return (await get<unknown>(keyOf(id), this.#store())) ?? null;
    } catch {
      return null;
    }
  }

  async write(listed: Listed, whole?: unknown): Promise<Written> {
    try {
      // All of it first: nothing is listed that can't be shown again.
      if (whole !== undefined) await set(keyOf(listed.id), whole, this.#store());
      await this.#change((list) => [listed, ...without(list, listed.id)]);
    } catch (error) {
      const full = error instanceof DOMException && error.name === "QuotaExceededError";
      return full ? "full" : "failed";
    }
    this.#tell();
    return "kept";
  }

  async drop(id: string): Promise<void> {
    try {
      await this.#change((list) => without(list, id));
      await del(keyOf(id), this.#store());
    } catch {
      // it was not kept
    }
    this.#tell();
  }

  watch(changed: () => void): () => void {
    const others = this.#others();
    others?.addEventListener("message", changed);
    return () => others?.removeEventListener("message", changed);
  }

  /** Change the list, whatever other pages do to it meanwhile. */
  async #change(change: (list: Listed[]) => Listed[]): Promise<void> {
    await update<Listed[]>(LIST, (list = []) => change(list), this.#store());
  }

  #store(): UseStore {
    this.#database ??= createStore(this.name, "runs");
    return this.#database;
  }

  #tell(): void {
    this.#others()?.postMessage(null);
  }

  /** The browser may forbid it, where it keeps nothing for this page. */
  #others(): BroadcastChannel | undefined {
    try {
      this.#channel ??= new BroadcastChannel(this.name);
    } catch {
      return undefined;
    }
    return this.#channel;
  }
}

/** For what the browser keeps elsewhere: there is nothing here, and there never will be. */
export const nowhere: RecordStore = {
  most: 0,
  list: () => Promise.resolve([]),
  read: () => Promise.resolve(null),
  write: () => Promise.resolve("failed"),
  drop: () => Promise.resolve(),
  watch: () => () => undefined,
};

/** What this browser keeps. */
export const browserKept: Kept = {
  runs: new BrowserRecords("backlit.runs"),
  reviews: new BrowserRecords("backlit.reviews"),
  prompts: nowhere,
  grids: new BrowserRecords("backlit.grids", 20),
  reports: new BrowserRecords("backlit.reports"),
  rows: { watch: () => () => {} },
  datasets: { watch: () => () => {} },
};

function keyOf(id: string): string {
  return `run.${id}`;
}

function without(list: readonly Listed[], id: string): Listed[] {
  return list.filter((one) => one.id !== id);
}
