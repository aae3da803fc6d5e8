import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TabStorage } from "../../../src/page/storage";
import { Library } from "../../../src/state/prompt/library.svelte";
import { STATE } from "../../support/fixtures";

describe("library", () => {
  let library: Library;
  beforeEach(() => {
    library = new Library("Yours", new TabStorage().shared);
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
    expect(new Library("Yours", new TabStorage().shared).examples.map((one) => one.id)).toEqual([
      "x1",
      "second 2",
    ]);
    library.remove(added.key);
    expect(library.find(added.key)).toBeNull();
  });
  test("sees what another tab added", () => {
    new Library("Yours", new TabStorage().shared).add("Elsewhere", null, (n) => `other ${n}`);
    dispatchEvent(new StorageEvent("storage", { key: "backlit.examples" }));
    expect(library.examples[0]?.id).toBe("other 1");
  });
});
