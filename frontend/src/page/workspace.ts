/** Runs in the workspace: a file of the server's, which outlives the browser and is no browser's own. */
import type { Listed, RunStore, Written } from "../host/store";
import { type Transport, TransportError } from "../host/transport";
import type { ErrorInfo, Events, Kind, Requests } from "../wire";

const RUNS = "runs";
/** Milliseconds between two looks at what others saved. */
const LOOK = 1000;

/** The server answered, and would not. */
class Refused extends Error {
  constructor(readonly info: ErrorInfo) {
    super(info.message);
  }
}

export class WorkspaceRuns implements RunStore {
  /** What is known of it; null until the server said whether there is a workspace. */
  #there: Promise<boolean> | null = null;
  /** There is none, and the browser keeps them. */
  #none = false;
  #revision = 0;
  /** Nobody answered when it was looked at last: what failed since may be tried again. */
  #away = false;
  /** The browser still has some that are not in the workspace yet. */
  #moving = false;
  /** What this page wrote itself is newer than what the browser has of it. */
  readonly #written = new Set<string>();
  readonly #watching = new Set<() => void>();

  /**
   * Args:
   *   transport: to the server.
   *   browser: keeps runs where there is no workspace; what it has moves into the workspace.
   */
  constructor(
    private readonly transport: Transport,
    private readonly browser: RunStore,
  ) {}

  get most(): number {
    return this.#none ? this.browser.most : Infinity;
  }

  async list(): Promise<readonly Listed[]> {
    if (!(await this.#isThere())) return this.#none ? this.browser.list() : [];
    const { heads } = await this.#ask("list", { collection: RUNS });
    const kept = heads.map(({ id, head }) => ({ ...head, id }));
    const known = new Set(kept.map(({ id }) => id));
    return [...kept, ...(await this.#left()).filter(({ id }) => !known.has(id))];
  }

  async read(id: string): Promise<unknown> {
    if (!(await this.#isThere())) return this.browser.read(id);
    const { record } = await this.#ask("read", { collection: RUNS, id });
    return record?.body ?? (this.#moving ? this.browser.read(id) : null);
  }

  async write(listed: Listed, whole?: unknown): Promise<Written> {
    if (!(await this.#isThere())) return this.#none ? this.browser.write(listed, whole) : "failed";
    this.#written.add(listed.id);
    return this.#keep(listed, whole);
  }

  async drop(id: string): Promise<void> {
    if (!(await this.#isThere())) return this.browser.drop(id);
    if (this.#moving) await this.browser.drop(id);
    try {
      await this.#ask("drop", { collection: RUNS, ids: [id] });
    } catch (error) {
      if (!isOfWorkspace(error)) throw error;
    }
  }

  /** Looks as long as the page is seen, and when it is seen again. */
  watch(changed: () => void): () => void {
    const stopBrowser = this.browser.watch(() => this.#none && changed());
    this.#watching.add(changed);
    let looking = false;
    const look = async () => {
      if (looking || document.visibilityState === "hidden" || this.#none) return;
      looking = true;
      await this.#look(changed);
      looking = false;
    };
    const timer = setInterval(() => void look(), LOOK);
    const seen = () => void look();
    document.addEventListener("visibilitychange", seen);
    return () => {
      stopBrowser();
      this.#watching.delete(changed);
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }

  async #look(changed: () => void): Promise<void> {
    try {
      const known = this.#there !== null;
      if (!(await this.#isThere())) return;
      const { revision, collections } = await this.#ask("changes", { since: this.#revision });
      const other = revision !== this.#revision && collections.includes(RUNS);
      const back = this.#away;
      this.#revision = revision;
      this.#away = false;
      if (other || !known || back) changed();
    } catch {
      this.#away = true; // the page says so, and this asks again
    }
  }

  /** Ask once whether there is a workspace; while nobody answers, that is not known. */
  async #isThere(): Promise<boolean> {
    this.#there ??= this.#find();
    try {
      return await this.#there;
    } catch {
      this.#there = null;
      return false;
    }
  }

  async #find(): Promise<boolean> {
    try {
      this.#revision = (await this.#ask("changes", { since: 0 })).revision;
    } catch (error) {
      if (!isOfWorkspace(error)) throw error;
      this.#none = true;
      return false;
    }
    this.#moving = true;
    void this.#moveIn().catch(() => undefined); // what is left moves in next time
    return true;
  }

  /** What the browser kept before there was a workspace; each goes once it is saved. */
  async #moveIn(): Promise<void> {
    const before = await this.browser.list();
    for (const listed of before.toReversed()) {
      const whole = await this.browser.read(listed.id);
      if (whole !== null && !this.#written.has(listed.id)) {
        if ((await this.#keep(listed, whole)) !== "kept") return;
      }
      await this.browser.drop(listed.id);
    }
    this.#moving = false;
    if (before.length > 0) for (const changed of this.#watching) changed();
  }

  /** What the browser has that is to move in. */
  async #left(): Promise<readonly Listed[]> {
    return this.#moving ? this.browser.list() : [];
  }

  async #keep(listed: Listed, whole?: unknown): Promise<Written> {
    const { id, ...head } = listed;
    try {
      await this.#ask("keep", { records: [{ collection: RUNS, id, head, body: whole ?? null }] });
      return "kept";
    } catch {
      return "failed";
    }
  }

  /** The answer's last event. */
  async #ask<K extends Kind>(kind: K, request: Requests[K]): Promise<Answer<K>> {
    let last: Events[K] | undefined;
    for await (const event of this.transport.call(kind, request, new AbortController().signal)) {
      last = event;
    }
    if (!last) throw new Error("no answer");
    if (last.type === "error") throw new Refused((last as { error: ErrorInfo }).error);
    return last as unknown as Answer<K>;
  }
}

type Answer<K extends Kind> = Extract<Events[K], { type: K extends "keep" | "drop" ? "saved" : K }>;

/** There is no workspace, or it can't be written: asking again changes nothing. */
function isOfWorkspace(error: unknown): boolean {
  if (error instanceof Refused) return true;
  return error instanceof TransportError && error.refusal === "refused";
}
