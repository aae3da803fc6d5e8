import { afterEach, expect, test, vi } from "vitest";
import type { SharedStore } from "../../src/host/store";
import { language } from "../../src/state/language.svelte";
import { t } from "../../src/strings";
import { tr } from "../../src/strings/tr";

function store(kept: unknown = null): SharedStore & { kept: unknown } {
  return {
    kept,
    read() {
      return this.kept;
    },
    write(_, value) {
      this.kept = value;
      return true;
    },
    forget() {
      this.kept = null;
    },
    watch: () => undefined,
  };
}

const load = () => Promise.resolve(tr);

afterEach(() => language.follow([], store(), load));

test("the page speaks what the browser prefers, and says so", async () => {
  const root = document.createElement("div");
  const undress = language.dress(root);
  await language.follow(["tr-TR", "en"], store(), load);
  expect(language.current).toBe("tr");
  expect(root.lang).toBe("tr");
  expect(t.generate.start).toBe(tr.generate.start);
  undress();
  await language.choose("en");
  expect(root.lang).toBe("tr");
});

test("who chose another one gets it again, until it is what the browser prefers", async () => {
  const kept = store();
  await language.follow(["tr"], kept, load);
  await language.choose("en");
  expect(kept.kept).toBe("en");
  await language.follow(["tr"], kept, load);
  expect(language.current).toBe("en");
  await language.choose("tr");
  expect(kept.kept).toBeNull();
});

test("no word of another language is loaded where none is spoken", async () => {
  const never = vi.fn(load);
  await language.follow(["en"], store("nonsense"), never);
  expect(never).not.toHaveBeenCalled();
});

test("what can't be loaded is told, and the page speaks on as it did", async () => {
  await language.follow(["tr"], store(), () => Promise.reject(new Error("gone")));
  expect(language.current).toBe("en");
  expect(language.failed).toBe(true);
  await language.follow(["tr"], store(), load);
  expect(language.failed).toBe(false);
});
