import { afterEach, describe, expect, test, vi } from "vitest";
import { BrowserRecords } from "../../src/page/records";

const name = () => `runs of ${crypto.randomUUID()}`;

describe("records in the browser", () => {
  const { indexedDB } = globalThis;
  afterEach(() => void (globalThis.indexedDB = indexedDB));

  test("are listed, the latest first, and read whole", async () => {
    const runs = new BrowserRecords(name());
    expect(await runs.list()).toEqual([]);
    expect(await runs.write({ id: "a" }, { whole: 1 })).toBe("kept");
    expect(await runs.write({ id: "b" }, { whole: 2 })).toBe("kept");
    expect(await runs.list()).toEqual([{ id: "b" }, { id: "a" }]);
    expect(await runs.read("a")).toEqual({ whole: 1 });
    expect(await runs.read("c")).toBeNull();
  });
  test("can be listed otherwise and keep what they are", async () => {
    const runs = new BrowserRecords(name());
    await runs.write({ id: "a" }, { whole: 1 });
    const pinned = { id: "a", pinned: true };
    await runs.write(pinned);
    expect(await runs.list()).toEqual([pinned]);
    expect(await runs.read("a")).toEqual({ whole: 1 });
  });
  test("that are dropped are gone", async () => {
    const runs = new BrowserRecords(name());
    await runs.write({ id: "a" }, { whole: 1 });
    await runs.drop("a");
    expect(await runs.list()).toEqual([]);
    expect(await runs.read("a")).toBeNull();
  });
  test("of other pages are seen, and both lists come together", async () => {
    const shared = name();
    const [here, there] = [new BrowserRecords(shared), new BrowserRecords(shared)];
    const changed = vi.fn();
    here.watch(changed);
    await Promise.all([there.write({ id: "a" }, 1), here.write({ id: "b" }, 2)]);
    await vi.waitFor(() => expect(changed).toHaveBeenCalled());
    expect((await here.list()).map(({ id }) => id).toSorted()).toEqual(["a", "b"]);
    expect(await here.read("a")).toBe(1);
  });
  test("are none where the browser keeps nothing", async () => {
    globalThis.indexedDB = undefined!;
    const runs = new BrowserRecords(name());
    expect(await runs.list()).toEqual([]);
    expect(await runs.write({ id: "a" }, 1)).toBe("failed");
    expect(await runs.read("a")).toBeNull();
    await runs.drop("a");
  });
});
