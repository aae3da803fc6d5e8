import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Listed, RecordStore, SharedStore } from "../../../src/host/store";
import { nowhere } from "../../../src/page/records";
import { TabStorage } from "../../../src/page/storage";
import { Library } from "../../../src/state/prompt/library.svelte";
import { STATE } from "../../support/fixtures";
import { rooted } from "../../support/rooted.svelte";

describe("library", () => {
  let library: Library;
  beforeEach(() => {
    library = new Library(() => "Yours", new TabStorage().shared, nowhere);
    library.show(STATE.datasets);
  });
  afterEach(() => vi.restoreAllMocks());

  test("shows the server's examples", () => {
    expect(library.examples.map((one) => one.key)).toEqual([
      "samples/first",
      "samples/second",
      "samples/chat",
    ]);
    expect(library.find("samples/chat")?.source).toBe("samples");
    expect(library.find(null)).toBeNull();
  });
  test("keeps added ones, with where they came from and a free name", () => {
    const from = library.find("samples/second");
    const name = (n: number) => (n === 1 ? "second" : `second ${n}`);
    const added = library.add("New", from, name)!;
    expect(added).toMatchObject({
      id: "second 2",
      own: true,
      source: "Yours",
      origin: "samples/second",
      keepQuestion: true,
    });
    expect(library.add("Newer", added, (n) => `x${n}`)!.origin).toBe("samples/second");
    expect(
      new Library(() => "Yours", new TabStorage().shared, nowhere).examples.map((one) => one.id),
    ).toEqual(["x1", "second 2"]);
    void library.remove(added.key);
    expect(library.find(added.key)).toBeNull();
  });
  test("sees what another tab added", () => {
    new Library(() => "Yours", new TabStorage().shared, nowhere).add(
      "Elsewhere",
      null,
      (n) => `other ${n}`,
    );
    dispatchEvent(new StorageEvent("storage", { key: "backlit.examples" }));
    expect(library.examples[0]?.id).toBe("other 1");
  });
});

describe("what was added, and the workspace", () => {
  /** A workspace that several browsers share. */
  function workspace() {
    const kept = new Map<string, Listed>();
    const watching = new Set<() => void>();
    const tell = () => watching.forEach((changed) => changed());
    const records: RecordStore = {
      ...nowhere,
      list: () => Promise.resolve([...kept.values()]),
      write: (listed) => {
        kept.set(listed.id, JSON.parse(JSON.stringify(listed)) as Listed);
        return Promise.resolve("kept");
      },
      drop: (id) => {
        kept.delete(id);
        tell();
        return Promise.resolve();
      },
      watch: (changed) => {
        watching.add(changed);
        return () => watching.delete(changed);
      },
    };
    return { kept, records, tell };
  }

  function library(records: RecordStore, store = browser()) {
    const made = new Library(() => "Yours", store, records);
    onTestFinished(rooted(() => made.follow()));
    flushSync();
    return made;
  }

  /** Another browser's store. */
  function browser(): SharedStore {
    const kept = new Map<string, unknown>();
    return {
      read: (key) => kept.get(key) ?? null,
      write: (key, value) => (kept.set(key, value), true),
      forget: (key) => void kept.delete(key),
      watch: () => undefined,
    };
  }

  test("what one browser keeps, another has, and what one removes is gone", async () => {
    const { kept, records, tell } = workspace();
    const one = library(records);
    const added = one.add("New", null, () => "mine")!;
    await vi.waitFor(() => expect(kept.size).toBe(1));
    const other = library(records);
    await vi.waitFor(() => expect(other.find(added.key)?.prompt).toBe("New"));
    expect(other.isShared(added.key)).toBe(true);
    void other.remove(added.key);
    tell();
    await vi.waitFor(() => expect(one.examples).toEqual([]));
    expect(kept.size).toBe(0);
  });

  test("what a browser had before moves in", async () => {
    const { kept, records } = workspace();
    const store = browser();
    new Library(() => "Yours", store, nowhere).add("Old", null, () => "old");
    const moved = library(records, store);
    await vi.waitFor(() => expect(kept.size).toBe(1));
    await vi.waitFor(() => expect(store.read("examples")).toEqual([]));
    expect(moved.examples.map(({ id }) => id)).toEqual(["old"]);
  });

  test("what can't be saved stays in the browser, and what others wrote is read with care", async () => {
    const { kept, records } = workspace();
    const wrong = { example: { id: "x", prompt: [null] } };
    for (const id of ["own/1", "samples/first"]) kept.set(id, { id, ...wrong });
    const store = browser();
    const one = library({ ...records, write: () => Promise.resolve("failed") }, store);
    const added = one.add("New", null, () => "mine")!;
    await vi.waitFor(() => expect(one.examples).toHaveLength(1));
    expect(store.read("examples")).toHaveLength(1);
    expect(one.isShared(added.key)).toBe(false);
  });

  test("one that could not be removed is there again", async () => {
    const { records, tell } = workspace();
    const one = library({ ...records, drop: () => Promise.reject(new Error("away")) });
    const added = one.add("New", null, () => "mine")!;
    await vi.waitFor(() => expect(one.isShared(added.key)).toBe(true));
    await one.remove(added.key);
    tell();
    await vi.waitFor(() => expect(one.find(added.key)).not.toBeNull());
  });
});
