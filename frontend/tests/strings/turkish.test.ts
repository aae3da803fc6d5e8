import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { isLanguage, preferred, speak, t } from "../../src/strings";
import { en } from "../../src/strings/en";
import { tr } from "../../src/strings/tr";

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path = ""): Leaf[] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

const english = new Map(leaves(en));
const turkish = new Map(leaves(tr));

/** The same in both languages: names, keys, and what other programs call so. */
const ALIKE = new Set(["Backlit", "Top-p", "JSONL", "CSV", "Parquet", "Model", "Token"]);
const NAMES =
  /^\.(generate\.keys|help\.rows\.\d+\.0|table\.measures|report\.methods|conversation\.placeholder)/;

afterEach(() => speak("en", en));

describe("Turkish", () => {
  test("has every string that English has, and no other", () => {
    expect([...turkish.keys()]).toEqual([...english.keys()]);
    expect(english.size).toBeGreaterThan(500);
  });

  test("says each of them, as words or for some values", () => {
    for (const [path, value] of turkish) {
      expect(typeof value, path).toBe(typeof english.get(path));
      if (typeof value === "string") expect(value.trim(), path).toBe(value);
      expect(value, path).not.toBe("");
    }
  });

  test("says it in Turkish", () => {
    const words = [...turkish].filter(([, value]) => typeof value === "string") as [
      string,
      string,
    ][];
    const same = words.filter(
      ([path, text]) =>
        text === english.get(path) &&
        /\p{L}{3,}/u.test(text) &&
        !ALIKE.has(text) &&
        !NAMES.test(path),
    );
    expect(same.map(([path, text]) => `${path}: ${text}`)).toEqual([]);
  });

  test("takes as many values where English does, or leaves out those of plurals", () => {
    for (const [path, value] of turkish) {
      if (typeof value !== "function") continue;
      expect(value.length, path).toBeLessThanOrEqual((english.get(path) as () => string).length);
    }
  });

  test("puts no ending on a value", () => {
    const endings = /\}(?:['’]?(?:n?[ıiuü]n|[ıiuü]|y[ıiuü]|d[ae]n?|t[ae]n?|y?[ae]|l[ae]r))\b/u;
    for (const name of readdirSync("src/strings/tr")) {
      const text = readFileSync(`src/strings/tr/${name}`, "utf8");
      const wrong = text.split("\n").filter((line) => endings.test(line));
      expect(wrong, name).toEqual([]);
    }
  });
});

test("plurals and digits are those of the language", () => {
  expect(en.target.tokens(1200)).toBe("1,200 tokens");
  expect(tr.target.tokens(1200)).toBe("1.200 token");
  expect(tr.target.tokens(1)).toBe("1 token");
});

test("whoever has the catalogue in hand sees it change", () => {
  expect(t.generate.start).toBe("Generate");
  speak("tr", tr);
  expect(t.generate.start).toBe(tr.generate.start);
});

test("the first language that a person prefers, of those that there are", () => {
  expect(preferred(["tr-TR", "en"])).toBe("tr");
  expect(preferred(["de", "en-GB", "tr"])).toBe("en");
  expect(preferred(["xx"])).toBe("en");
  expect(preferred([])).toBe("en");
  expect(isLanguage("toString")).toBe(false);
});
