import { describe, expect, test, vi } from "vitest";
import { browserStore, TabStorage } from "../../src/page/storage";
import { Session } from "../../src/state/prompt/session.svelte";

describe("tabs", () => {
  test("a duplicated tab takes a name of its own", async () => {
    const held = new Set<string>();
    vi.stubGlobal("navigator", {
      ...navigator,
      locks: {
        request: (name: string, _options: unknown, hold: () => Promise<void>) => {
          if (held.has(name)) return Promise.reject(new DOMException("", "TimeoutError"));
          held.add(name);
          return hold();
        },
      },
    });
    const one = new Session(new TabStorage());
    const id = sessionStorage.getItem("backlit.tab-id");
    const copy = new Session(new TabStorage()); // same session storage, as duplicating makes it
    await copy.flush();
    await one.flush();
    expect(sessionStorage.getItem("backlit.tab-id")).not.toBe(id);
    vi.unstubAllGlobals();
  });
  test("forgets the oldest tabs", async () => {
    for (let i = 0; i < 12; i++) {
      localStorage.setItem(`backlit.tab.t${i}.saved`, String(i));
      localStorage.setItem(`backlit.tab.t${i}.session`, "{}");
    }
    await new TabStorage().ready();
    const left = Object.keys(localStorage).filter((key) => key.endsWith(".session"));
    expect(left.sort()).toEqual(
      ["10", "11", "4", "5", "6", "7", "8", "9"].map((i) => `backlit.tab.t${i}.session`),
    );
  });
});

describe("the browser's storage", () => {
  test("is shared by all tabs, which hear of what others write", () => {
    const changed = vi.fn();
    browserStore.watch("examples", changed);
    expect(browserStore.write("examples", [1])).toBe(true);
    expect(new TabStorage().shared.read("examples")).toEqual([1]);
    dispatchEvent(new StorageEvent("storage", { key: "backlit.examples" }));
    dispatchEvent(new StorageEvent("storage", { key: "other.examples" }));
    expect(changed).toHaveBeenCalledOnce();
    browserStore.forget("examples");
    expect(browserStore.read("examples")).toBeNull();
  });

  test("that holds something else, or is off, holds nothing", () => {
    localStorage.setItem("backlit.theme", "{");
    expect(browserStore.read("theme")).toBeNull();
    const off = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("", "SecurityError");
    });
    expect(browserStore.write("theme", "dark")).toBe(false);
    off.mockRestore();
  });
});
