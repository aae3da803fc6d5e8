import { expect, test } from "vitest";
import {
  conditionsOf,
  freeName,
  inSight,
  nextOrder,
  NO_TABLE,
  pagesOf,
  pastedRows,
  read,
  typed,
  isFree,
} from "../../src/model/table";

test("what is looked for travels without what is empty", () => {
  expect(conditionsOf(NO_TABLE)).toEqual([]);
  const setup = { ...NO_TABLE, anywhere: "dog", isPattern: true, columns: { id: "", level: "3" } };
  expect(conditionsOf(setup)).toEqual([
    { column: null, text: "dog", is_pattern: true },
    { column: "level", text: "3", is_pattern: true },
  ]);
});

test("a column is sorted up, down, and not any more", () => {
  const up = nextOrder(null, "id");
  expect(up).toEqual({ column: "id", descending: false });
  const down = nextOrder(up, "id");
  expect(down).toEqual({ column: "id", descending: true });
  expect(nextOrder(down, "id")).toBeNull();
  expect(nextOrder(down, "level")).toEqual({ column: "level", descending: false });
});

test("rows in sight, and the pages that have them", () => {
  expect(inSight(0, 340, 34, 10_000)).toEqual([0, 22]);
  expect(inSight(3400, 340, 34, 10_000)).toEqual([88, 122]);
  expect(inSight(3400, 340, 34, 5)).toEqual([5, 5]);
  expect(pagesOf(0, 22)).toEqual([0]);
  expect(pagesOf(190, 401)).toEqual([0, 1, 2]);
  expect(pagesOf(5, 5)).toEqual([]);
});

test("a field is typed as what it is", () => {
  expect(typed("a")).toBe("a");
  expect(typed(3)).toBe("3");
  expect(typed(["a"])).toBe('["a"]');
  expect(read("4", 3)).toBe(4);
  expect(read("four", 3)).toBeUndefined();
  expect(read("4", "three")).toBe("4");
});

test("a field is called what no column is", () => {
  const row = { id: "a", prompt: "Say a.", target: " a", source: null, fields: { level: 1 } };
  expect(isFree("mood", row)).toBe(true);
  expect(isFree("toString", row)).toBe(true);
  for (const name of ["", "level", "id", "prompt", "messages", "target", "source"]) {
    expect(isFree(name, row)).toBe(false);
  }
});

test("a file's dataset has a name of its own", () => {
  expect(freeName("my rows (1).jsonl", [])).toBe("my-rows-1-");
  expect(freeName("data.csv", [{ name: "data" }, { name: "data-2" }])).toBe("data-3");
  expect(freeName(".csv", [])).toBe("data");
});

test("what is pasted becomes rows", () => {
  const lines = (text: string) =>
    pastedRows(text)
      ?.text.split("\n")
      .map((line) => JSON.parse(line) as unknown);
  expect(pastedRows("  \n")).toBeNull();
  expect(pastedRows('{"prompt": "a"}\r\n{"prompt": "b"}')).toEqual({
    name: "rows.jsonl",
    text: '{"prompt": "a"}\n{"prompt": "b"}',
  });
  expect(pastedRows('[\n {"prompt": "a"}\n]')?.name).toBe("rows.json");
  expect(lines("Say a.\t a\t1\nSay b.\t\t2")).toEqual([
    { prompt: "Say a.", target: " a", "column 3": "1" },
    { prompt: "Say b.", "column 3": "2" },
  ]);
  expect(lines("level\tprompt\n3\tSay a.")).toEqual([{ level: "3", prompt: "Say a." }]);
  expect(lines("[INST] Say a.\t a ")).toEqual([{ prompt: "[INST] Say a.", target: " a " }]);
  expect(lines('"Say ""a"".\nThen\tb."\t a\n"now" go\t')).toEqual([
    { prompt: 'Say "a".\nThen\tb.', target: " a" },
    { prompt: '"now" go' },
  ]);
});
