import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { RecordStore } from "../../src/host/store";
import { BrowserRecords } from "../../src/page/records";
import { inWorkspace } from "../../src/page/workspace";
import type { Event as Told } from "../../src/wire";
import { FakeTransport } from "../support/fixtures";

interface Kept {
  head: Record<string, unknown>;
  body: unknown;
}

/** A server with a workspace, as far as a page sees it. */
class Shelf {
  readonly kept = new Map<string, Kept>();
  revision = 0;
  /** The collection of which something changes. */
  changes = "runs";
  refuses: string | null = null;
  readonly transport: FakeTransport;

  constructor() {
    this.transport = new FakeTransport({
      list: () => this.#answer({ type: "list", heads: this.#heads() }),
      read: ({ id }) => {
        const found = this.kept.get(id);
        const record = found ? { collection: "runs", id, ...found } : null;
        return this.#answer({ type: "read", record });
      },
      keep: ({ records }) => {
        if (!this.refuses) {
          for (const { id, head, body } of records) {
            this.kept.set(id, { head, body: body ?? this.kept.get(id)?.body ?? null });
          }
          this.revision++;
        }
        return this.#answer({ type: "saved", revision: this.revision });
      },
      drop: ({ ids }) => {
        for (const id of ids) this.kept.delete(id);
        return this.#answer({ type: "saved", revision: ++this.revision });
      },
      changes: ({ since = 0 }) =>
        this.#answer({
          type: "changes",
          revision: this.revision,
          collections: this.revision > since ? [this.changes] : [],
        }),
    });
  }

  #heads() {
    return [...this.kept].map(([id, { head }]) => ({ id, at: 0, head }));
  }

  #answer(event: Told): Told[] {
    if (!this.refuses) return [event];
    return [{ type: "error", error: { code: this.refuses, message: "No.", hint: "" } }];
  }
}

const browser = () => new BrowserRecords(`runs of ${crypto.randomUUID()}`);

/** A browser that kept nothing, and takes no time to say so. */
const empty: RecordStore = {
  most: 100,
  list: async () => [],
  read: async () => null,
  write: async () => "kept",
  drop: async () => undefined,
  watch: () => () => undefined,
};

const runsOf = (shelf: Shelf, runs: RecordStore) =>
  inWorkspace(shelf.transport, { runs, reviews: empty, grids: empty, reports: empty }).runs;

describe("runs in the workspace", () => {
  afterEach(() => void vi.useRealTimers());

  test("are listed, read whole, changed and dropped", async () => {
    const shelf = new Shelf();
    const runs = runsOf(shelf, browser());
    expect(await runs.list()).toEqual([]);
    expect(await runs.write({ id: "a" }, { whole: 1 })).toBe("kept");
    const pinned = { id: "a", pinned: true };
    expect(await runs.write(pinned)).toBe("kept");
    expect(await runs.list()).toEqual([pinned]);
    expect(await runs.read("a")).toEqual({ whole: 1 });
    expect(await runs.read("b")).toBeNull();
    await runs.drop("a");
    expect(await runs.list()).toEqual([]);
    expect(runs.most).toBe(Infinity);
  });
  test("of the browser move in, and go from there once they are saved", async () => {
    const before = browser();
    await before.write({ id: "old" }, { whole: 1 });
    await before.write({ id: "new" }, { whole: 2 });
    const shelf = new Shelf();
    const runs = runsOf(shelf, before);
    const changed = vi.fn();
    onTestFinished(runs.watch(changed));
    await runs.list();
    await vi.waitFor(() => expect(changed).toHaveBeenCalled());
    expect(await runs.list()).toEqual([{ id: "old" }, { id: "new" }]);
    expect(await runs.read("old")).toEqual({ whole: 1 });
    expect(await before.list()).toEqual([]);
  });
  test("that can't be saved stay in the browser", async () => {
    const before = browser();
    await before.write({ id: "old" }, { whole: 1 });
    const shelf = new Shelf();
    const runs = runsOf(shelf, before);
    await runs.list();
    shelf.refuses = "ReadOnlyError";
    expect(await runs.write({ id: "a" }, 1)).toBe("failed");
    await runs.drop("a"); // refused, too: nothing to be done about it
    await vi.waitFor(() => expect(shelf.transport.pending).toBe(0));
    expect(shelf.kept.size + (await before.list()).length).toBe(1); // in one of the two
  });
  test("are the browser's where there is no workspace", async () => {
    const before = browser();
    await before.write({ id: "a" }, { whole: 1 });
    const shelf = new Shelf();
    shelf.refuses = "WorkspaceError";
    const runs = runsOf(shelf, before);
    expect(await runs.list()).toEqual([{ id: "a" }]);
    expect(await runs.read("a")).toEqual({ whole: 1 });
    expect(await runs.write({ id: "b" }, 2)).toBe("kept");
    await runs.drop("a");
    expect(await before.list()).toEqual([{ id: "b" }]);
    expect(runs.most).toBe(before.most);
    expect(shelf.transport.asked).toHaveLength(1); // it was told once
  });
  test("that others save are seen within a second or two", async () => {
    vi.useFakeTimers();
    const shelf = new Shelf();
    const runs = runsOf(shelf, empty);
    const changed = vi.fn();
    onTestFinished(runs.watch(changed));
    await runs.list();
    await vi.advanceTimersByTimeAsync(1000);
    changed.mockClear();
    await vi.advanceTimersByTimeAsync(3000);
    expect(changed).not.toHaveBeenCalled();
    shelf.revision++;
    await vi.advanceTimersByTimeAsync(2000);
    expect(changed).toHaveBeenCalledOnce();
  });
  test("are not looked for by a page that nobody sees", async () => {
    vi.useFakeTimers();
    const visible = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    const shelf = new Shelf();
    const runs = runsOf(shelf, empty);
    const changed = vi.fn();
    onTestFinished(runs.watch(changed));
    await vi.advanceTimersByTimeAsync(5000);
    expect(shelf.transport.asked).toEqual([]);
    visible.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(shelf.transport.asked).not.toEqual([]);
  });
  test("come back when the server does", async () => {
    vi.useFakeTimers();
    const shelf = new Shelf();
    shelf.kept.set("a", { head: {}, body: 1 });
    const call = vi.spyOn(shelf.transport, "call").mockImplementation(() => {
      throw new Error("nobody there");
    });
    const runs = runsOf(shelf, empty);
    const changed = vi.fn();
    onTestFinished(runs.watch(changed));
    expect(await runs.list()).toEqual([]);
    expect(await runs.write({ id: "b" }, 1)).toBe("failed");
    call.mockRestore();
    await vi.advanceTimersByTimeAsync(1000);
    expect(changed).toHaveBeenCalled();
    expect(await runs.list()).toEqual([{ id: "a" }]);
  });
  test("are looked at anew when a server that went away is back", async () => {
    vi.useFakeTimers();
    const shelf = new Shelf();
    const runs = runsOf(shelf, empty);
    const changed = vi.fn();
    onTestFinished(runs.watch(changed));
    await runs.list();
    await vi.advanceTimersByTimeAsync(1000);
    changed.mockClear();
    const call = vi.spyOn(shelf.transport, "call").mockImplementation(() => {
      throw new Error("nobody there");
    });
    await vi.advanceTimersByTimeAsync(3000);
    expect(changed).not.toHaveBeenCalled();
    call.mockRestore();
    await vi.advanceTimersByTimeAsync(3000);
    expect(changed).toHaveBeenCalledOnce();
  });
});

describe("other collections of the workspace", () => {
  afterEach(() => void vi.useRealTimers());

  test("hear of what is theirs, by one look for all", async () => {
    vi.useFakeTimers();
    const shelf = new Shelf();
    const kept = inWorkspace(shelf.transport, {
      runs: empty,
      reviews: empty,
      grids: empty,
      reports: empty,
    });
    const [ofRuns, ofReviews] = [vi.fn(), vi.fn()];
    onTestFinished(kept.runs.watch(ofRuns));
    const stop = kept.reviews.watch(ofReviews);
    await kept.runs.list();
    await vi.advanceTimersByTimeAsync(1000);
    const looks = shelf.transport.requests("changes").length;
    shelf.changes = "reviews";
    shelf.revision++;
    await vi.advanceTimersByTimeAsync(1000);
    expect(shelf.transport.requests("changes")).toHaveLength(looks + 1);
    expect(ofReviews).toHaveBeenCalledOnce();
    expect(ofRuns).not.toHaveBeenCalled();
    stop();
    shelf.revision++;
    await vi.advanceTimersByTimeAsync(1000);
    expect(ofReviews).toHaveBeenCalledOnce();
  });

  test("move in by themselves", async () => {
    const reviews = browser();
    await reviews.write({ id: "1" }, {});
    const shelf = new Shelf();
    const kept = inWorkspace(shelf.transport, {
      runs: empty,
      reviews,
      grids: empty,
      reports: empty,
    });
    await kept.reviews.list();
    await vi.waitFor(async () => expect(await reviews.list()).toEqual([]));
    const [saved] = shelf.transport.requests("keep");
    expect(saved).toEqual({ records: [{ collection: "reviews", id: "1", head: {}, body: {} }] });
  });
});
