/** Records in the workspace: a file of the server's, which outlives the browser and is no browser's own. */
import type { Kept, Listed, RecordStore, Written } from "../host/store";
import { type Transport, TransportError } from "../host/transport";
import type { ErrorInfo, Events, Kind, Requests } from "../wire";
import { nowhere } from "./records";

/** Milliseconds between two looks at what others saved. */
const LOOK = 1000;

/** What the workspace keeps; the browser, where there is none. */
export function inWorkspace(
  transport: Transport,
  browser: Pick<Kept, "runs" | "reviews" | "grids" | "reports">,
): Kept {
  const file = new WorkspaceFile(transport);
  return {
    runs: new WorkspaceRecords(file, "runs", browser.runs),
    reviews: new WorkspaceRecords(file, "reviews", browser.reviews),
    grids: new WorkspaceRecords(file, "grids", browser.grids),
    prompts: new WorkspaceRecords(file, "prompts", nowhere),
    reports: new WorkspaceRecords(file, "reports", browser.reports),
    rows: { watch: (changed) => file.watch("rows", changed) },
    datasets: { watch: (changed) => file.watch("datasets", changed) },
  };
}

/** The server answered, and would not. */
class Refused extends Error {
  constructor(readonly info: ErrorInfo) {
    super(info.message);
  }
}

/** The file as a page knows it: whether there is one, and what others saved in it. */
export class WorkspaceFile {
  /** There is none, and the browser keeps what is kept. */
  none = false;
  /** What is known of it; null until the server said whether there is a workspace. */
  #there: Promise<boolean> | null = null;
  #revision = 0;
  /** Nobody answered when something was asked: what failed since may be tried again. */
  #away = false;
  #looking = false;
  readonly #watching = new Map<() => void, keyof Kept>();
  #stop = () => {};

  constructor(private readonly transport: Transport) {}

  /** Ask once whether there is a workspace; while nobody answers, that is not known. */
  async isThere(): Promise<boolean> {
    this.#there ??= this.#find();
    try {
      return await this.#there;
    } catch {
      this.#there = null;
      return false;
    }
  }

  /** Looks as long as the page is seen, and when it is seen again. */
  watch(collection: keyof Kept, changed: () => void): () => void {
    if (this.#watching.size === 0) this.#begin();
    this.#watching.set(changed, collection);
    return () => {
      this.#watching.delete(changed);
      if (this.#watching.size === 0) this.#stop();
    };
  }

  /** The answer's last event. */
  async ask<K extends Kind>(kind: K, request: Requests[K]): Promise<Answer<K>> {
    let last: Events[K] | undefined;
    try {
      for await (const event of this.transport.call(kind, request, new AbortController().signal)) {
        last = event;
      }
    } catch (error) {
      if (!(error instanceof TransportError) || error.refusal !== "refused") this.#away = true;
      throw error;
    }
    if (!last) throw new Error("no answer");
    if (last.type === "error") throw new Refused((last as { error: ErrorInfo }).error);
    return last as unknown as Answer<K>;
  }

  #begin(): void {
    const look = async () => {
      if (this.#looking || document.visibilityState === "hidden" || this.none) return;
      this.#looking = true;
      await this.#look();
      this.#looking = false;
    };
    const seen = () => void look();
    const timer = setInterval(seen, LOOK);
    document.addEventListener("visibilitychange", seen);
    this.#stop = () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }

  async #look(): Promise<void> {
    try {
      if (!(await this.isThere())) return;
      const { revision, collections } = await this.ask("changes", { since: this.#revision });
      const other = revision !== this.#revision;
      const all = this.#away;
      this.#revision = revision;
      this.#away = false;
      for (const [changed, collection] of this.#watching) {
        if (all || (other && collections.includes(collection))) changed();
      }
    } catch {
      // the page says so, and this asks again
    }
  }

  async #find(): Promise<boolean> {
    try {
      this.#revision = (await this.ask("changes", { since: 0 })).revision;
    } catch (error) {
      if (!isOfWorkspace(error)) throw error;
      this.none = true;
      return false;
    }
    return true;
  }
}

/** One collection of the file. */
export class WorkspaceRecords implements RecordStore {
  /** The browser still has some that are not in the workspace yet. */
  #moving: boolean | null = null;
  /** What this page wrote itself is newer than what the browser has of it. */
  readonly #written = new Set<string>();
  readonly #watching = new Set<() => void>();

  /**
   * Args:
   *   file: where they are.
   *   collection: the name of this one.
   *   browser: keeps them where there is no workspace; what it has moves into the workspace.
   */
  constructor(
    private readonly file: WorkspaceFile,
    private readonly collection: keyof Kept,
    private readonly browser: RecordStore,
  ) {}

  get most(): number {
    return this.file.none ? this.browser.most : Infinity;
  }

  async list(): Promise<readonly Listed[]> {
    if (!(await this.#isThere())) return this.file.none ? this.browser.list() : [];
    const { heads } = await this.file.ask("list", { collection: this.collection });
    const kept = heads.map(({ id, head }) => ({ ...head, id }));
    const known = new Set(kept.map(({ id }) => id));
    return [...kept, ...(await this.#left()).filter(({ id }) => !known.has(id))];
  }

  async read(id: string): Promise<unknown> {
    if (!(await this.#isThere())) return this.browser.read(id);
    const { record } = await this.file.ask("read", { collection: this.collection, id });
    return record?.body ?? (this.#moving ? this.browser.read(id) : null);
  }

  async write(listed: Listed, whole?: unknown): Promise<Written> {
    if (!(await this.#isThere()))
      return this.file.none ? this.browser.write(listed, whole) : "failed";
    this.#written.add(listed.id);
    return this.#keep(listed, whole);
  }

  async drop(id: string): Promise<void> {
    if (!(await this.#isThere())) return this.browser.drop(id);
    if (this.#moving) await this.browser.drop(id);
    try {
      await this.file.ask("drop", { collection: this.collection, ids: [id] });
    } catch (error) {
      if (!isOfWorkspace(error)) throw error;
    }
  }

  watch(changed: () => void): () => void {
    const stopBrowser = this.browser.watch(() => this.file.none && changed());
    const stopFile = this.file.watch(this.collection, changed);
    this.#watching.add(changed);
    return () => {
      stopBrowser();
      stopFile();
      this.#watching.delete(changed);
    };
  }

  async #isThere(): Promise<boolean> {
    const there = await this.file.isThere();
    if (there && this.#moving === null) {
      this.#moving = true;
      void this.#moveIn().catch(() => undefined); // what is left moves in next time
    }
    return there;
  }

  /** What the browser kept before there was a workspace; each goes once it is saved. */
  async #moveIn(): Promise<void> {
    const before = await this.browser.list();
    let left = false;
    for (const listed of before.toReversed()) {
      const whole = await this.browser.read(listed.id);
      if (whole !== null && !this.#written.has(listed.id)) {
        if ((await this.#keep(listed, whole)) !== "kept") {
          left = true; // one that can't be saved holds no other up
          continue;
        }
      }
      await this.browser.drop(listed.id);
    }
    this.#moving = left;
    if (before.length > 0) for (const changed of this.#watching) changed();
  }

  /** What the browser has that is to move in. */
  async #left(): Promise<readonly Listed[]> {
    return this.#moving ? this.browser.list() : [];
  }

  async #keep(listed: Listed, whole?: unknown): Promise<Written> {
    const { id, ...head } = listed;
    const { collection } = this;
    try {
      await this.file.ask("keep", { records: [{ collection, id, head, body: whole ?? null }] });
      return "kept";
    } catch {
      return "failed";
    }
  }
}

type Answer<K extends Kind> = Extract<Events[K], { type: K extends "keep" | "drop" ? "saved" : K }>;

/** There is no workspace, or it can't be written: asking again changes nothing. */
function isOfWorkspace(error: unknown): boolean {
  if (error instanceof Refused) return true;
  return error instanceof TransportError && error.refusal === "refused";
}
