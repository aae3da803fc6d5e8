/** Grids that were run: kept as they come, and shown again without asking a model. */
import type { Listed, RecordStore } from "../../host/store";
import {
  gridHead,
  type GridHead,
  isGridHead,
  isKeptGrid,
  type KeptGrid,
} from "../../model/keptgrid";

export class Grids {
  /** The latest first. */
  all = $state.raw<readonly GridHead[]>([]);
  /** How the one that was written last is. */
  state = $state<"saving" | "saved" | "unsaved" | null>(null);
  /** What could not be saved, to be tried again. */
  #unsaved: readonly [id: string, grid: KeptGrid] | null = null;
  /** All that is written, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: RecordStore) {}

  /** Know what is kept, also by others, as long as the effect lives. */
  follow(): void {
    $effect(() => {
      void this.#read();
      return this.store.watch(() => {
        if (this.#unsaved) void this.keep(...this.#unsaved);
        void this.#read();
      });
    });
  }

  /** Keep one, or what came of it since. */
  keep(id: string, grid: KeptGrid): Promise<void> {
    return this.#after(async () => {
      const listed = this.all.find((head) => head.id === id);
      const head = gridHead(id, listed?.at ?? Date.now(), grid);
      if (listed && listed.known > head.known) return; // another page went on with it
      this.state = "saving";
      const written = await this.store.write(head, grid).catch(() => "failed");
      this.state = written === "kept" ? "saved" : "unsaved";
      this.#unsaved = written === "kept" ? null : [id, grid];
      if (written !== "kept") return;
      this.all = inOrder([head, ...this.all.filter((one) => one.id !== id)]);
      for (const old of this.all.slice(this.store.most)) await this.#forget(old.id);
    });
  }

  /** All of one; null if it is not there, or none that this version can show. */
  async read(id: string): Promise<KeptGrid | null> {
    await this.#writing;
    const record = await this.store.read(id);
    return isKeptGrid(record) ? record : null;
  }

  drop(id: string): Promise<void> {
    return this.#after(() => this.#forget(id));
  }

  async #forget(id: string): Promise<void> {
    this.all = this.all.filter((head) => head.id !== id);
    if (this.#unsaved?.[0] === id) this.#unsaved = null;
    await this.store.drop(id);
  }

  async #read(): Promise<void> {
    await this.#writing;
    const listed = await this.store.list().catch((): readonly Listed[] => []);
    this.all = inOrder(listed.filter(isGridHead));
  }

  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined); // whoever comes next is not to blame
    return done;
  }
}

function inOrder(heads: readonly GridHead[]): readonly GridHead[] {
  return heads.toSorted((a, b) => b.at - a.at);
}
