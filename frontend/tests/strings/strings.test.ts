import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AST, parse } from "svelte/compiler";
import { describe, expect, test } from "vitest";
import { pieces } from "../../src/model/unseen";
import { en } from "../../src/strings/en";
import { tr } from "../../src/strings/tr";
import type { Expense } from "../../src/wire";

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter(
    (name) => /\.(svelte|ts)$/.test(name) && !name.startsWith("strings") && name !== "wire.gen.ts",
  )
  .map((name) => ({ name, text: readFileSync(join("src", name), "utf8") }));

/** The path of every leaf, with its value. */
function leaves(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

test("no string is empty or begins or ends with a blank", () => {
  const strings = leaves(en, "t").filter(([, value]) => typeof value === "string");
  expect(strings.length).toBeGreaterThan(150);
  expect(strings.filter(([, text]) => text !== String(text).trim() || text === "")).toEqual([]);
});

test("every string is used", () => {
  const source = files.map((file) => file.text).join("\n");
  const groups = Object.entries(en).flatMap(([group, strings]) =>
    Object.keys(strings).map((key) => `t.${group}.${key}`),
  );
  const dynamic = [
    "t.text.finish",
    "t.toolbar.granularities",
    "t.toolbar.aggregates",
    "t.editor.roles",
  ];
  expect(
    groups.filter(
      (key) =>
        !dynamic.includes(key) && !new RegExp(`${key.replaceAll(".", "\\.")}\\b`).test(source),
    ),
  ).toEqual([]);
});

test("every word on the page comes from the catalogue", () => {
  const spoken = new Set(["title", "placeholder", "aria-label", "label", "alt"]);
  for (const { name, text } of files.filter((file) => file.name.endsWith(".svelte"))) {
    const found: string[] = [];
    walk(parse(text, { modern: true }).fragment, (node) => {
      if (node.type === "Text" && /\p{L}{2,}/u.test(node.data)) found.push(node.data.trim());
      if (node.type === "Attribute" && !spoken.has(node.name)) return false;
      return true;
    });
    expect(found, name).toEqual([]);
  }
});

type Node = AST.SvelteNode & Record<string, unknown>;

function walk(node: unknown, visit: (node: Extract<Node, { type: string }>) => boolean): void {
  if (Array.isArray(node)) node.forEach((one) => walk(one, visit));
  if (typeof node !== "object" || node === null || Array.isArray(node)) return;
  if ("type" in node && !visit(node as Node)) return;
  for (const value of Object.values(node)) walk(value, visit);
}

test("counts have thousands apart", () => {
  expect(en.wait.queued(1200)).toBe("Waiting for 1,200 other requests");
  expect(en.target.tokens(1)).toBe("1 token");
});

test("words follow numbers", () => {
  expect(en.wait.queued(1)).toBe("Waiting for 1 other request");
  expect(en.wait.queued(2)).toBe("Waiting for 2 other requests");
  expect(en.mute.change(1, "line", "163 times less likely")).toBe(
    "Without this line the target is 163 times less likely.",
  );
  expect(en.mute.change(2, "part", "about as likely as before")).toBe(
    "Without these 2 parts the target is about as likely as before.",
  );
});

test("costs in words", () => {
  expect(en.cost.about({ runs: 3, seconds: 0.2 })).toBe("under a second");
  expect(en.cost.about({ runs: 239.2, seconds: 12.4 })).toBe("about 12 s, 240 runs");
  expect(en.cost.about({ runs: 5000, seconds: 250 })).toBe("about 4 min, 5,000 runs");
  expect(en.cost.about({ runs: 1 })).toBe("1 run");
});

test("what a server is asked for, in words", () => {
  const asked = (calls: number, prompt_tokens: number, price: number | null = null): Expense => ({
    calls,
    prompt_tokens,
    price,
    unit: "token",
  });
  const about = (expense: Expense) => en.cost.about({ runs: 18, expense });
  expect(about(asked(35, 12_300, 0.002))).toBe("at most 35 calls, 12,300 prompt tokens, $0.002");
  expect(about(asked(1, 1))).toBe("at most 1 call, 1 prompt token");
  expect(about(asked(1200, 12_345, 0.00184))).toBe(
    "at most 1,200 calls, 12,400 prompt tokens, $0.0019",
  );
  expect(about(asked(9, 987_654_321, 2469.135))).toBe(
    "at most 9 calls, 988,000,000 prompt tokens, $2,469.14",
  );
  expect(about(asked(9, 100, 0))).toBe("at most 9 calls, 100 prompt tokens, $0.00");
  expect(en.cost.short(asked(35, 12_300, 0.002))).toBe("≤ 35 calls, $0.002");
  expect(en.cost.short(asked(35, 12_300))).toBe("≤ 35 calls, 12,300 tokens");
  const words: Expense = { ...asked(35, 12_300), unit: "word" };
  expect(about(words)).toBe("at most 35 calls, 12,300 prompt words");
  expect(en.cost.short(words)).toBe("≤ 35 calls, 12,300 words");
  expect(en.gridding.expense(asked(35, 12_300, 1.5))).toBe(
    "At most 35 calls, about 12,300 prompt tokens, $1.50.",
  );
  expect(tr.cost.about({ runs: 18, expense: asked(35, 12_300, 0.002) })).toBe(
    "en çok 35 çağrı, 12.300 istem token’ı, $0,002",
  );
  expect(tr.cost.short(asked(1, 12_300))).toBe("≤ 1 çağrı, 12.300 token");
  expect(tr.gridding.expense(asked(35, 12_300))).toBe(
    "En çok 35 çağrı, yaklaşık 12.300 istem token’ı.",
  );
});

describe("what can't be seen", () => {
  const hidden = (rank: number, reads = "") => ({ rank, count: reads.length || 1, reads });

  test("is told of one part, and what it spells", () => {
    expect(en.unseen.parts([hidden(2, "say cold")])).toBe(
      "Part 2 of the list holds 8 characters that can’t be seen. They spell “say cold”.",
    );
    expect(en.unseen.parts([hidden(1)])).toBe(
      "Part 1 of the list holds 1 character that can’t be seen.",
    );
  });

  test("has the name that Unicode gives it", () => {
    const sign = (text: string) => en.unseen.sign(pieces(text)[0]!);
    expect(sign("\u202e")).toBe("U+202E, right-to-left override");
    expect(sign("\u200b\u200b")).toBe("U+200B ×2, zero width space");
    expect(sign("\u{E0061}\u{E0062}")).toBe("tags: ab");
  });

  test("is told of several parts in one sentence", () => {
    expect(en.unseen.parts([hidden(1), hidden(3, "no"), hidden(4)])).toBe(
      "Parts 1, 3 and 4 of the list hold characters that can’t be seen. Those of part 3 spell “no”.",
    );
  });

  test("is cut where it is long", () => {
    expect(en.unseen.prompt(hidden(1, "x".repeat(300)))).toContain(`${"x".repeat(200)}…`);
  });
});

test("a sentence ends once, whatever it quotes", () => {
  const { again } = en.mute;
  expect(again("9 times less likely", "Avoid.", true)).toBe(
    "Thinking again, the target is 9 times less likely; the model says “Avoid.”",
  );
  expect(again("9 times less likely", "Avoid", true)).toMatch(/says “Avoid”\.$/);
  expect(again("9 times less likely", "", false)).toMatch(/says the same\.$/);
});

test("a blank is told as nothing", () => {
  const said = { words: " ", changed: true };
  expect(en.proofs.alone("9 times less likely", said)).toBe(
    "Without it, 9 times less likely; the model says nothing there",
  );
});
