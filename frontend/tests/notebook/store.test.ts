import { describe, expect, test, vi } from "vitest";
import { KernelStore } from "../../src/notebook/store";
import { FakeModel } from "../support/model";

describe("what is kept", () => {
  test("is kept with the kernel, part by part", () => {
    const model = new FakeModel({});
    const store = new KernelStore(model);
    expect(store.read("session")).toBeNull();
    expect(store.write("session", { draft: 1 })).toBe(true);
    expect(model.saved).toEqual([{ _session: { draft: 1 } }]);
    expect(new KernelStore(model).read("session")).toEqual({ draft: 1 });
    store.forget("session");
    expect(store.read("session")).toBeNull();
    const changed = vi.fn();
    store.shared.watch("examples", changed);
    store.shared.write("examples", []);
    expect(store.shared.read("examples")).toEqual([]);
    expect(changed).toHaveBeenCalledOnce();
  });

  test("is nothing that the kernel has no place for", () => {
    const model = new FakeModel({});
    const store = new KernelStore(model);
    expect(store.write("toured", true)).toBe(false);
    store.forget("toured");
    expect(store.read("toured")).toBeNull();
    expect(model.saved).toEqual([]);
  });
});
