import { expect, test } from "vitest";
import {
  blankRow,
  distinct,
  lines,
  nameOfRow,
  namesIn,
  NO_GRID,
  pasted,
  placeOfCell,
  questionOf,
  reach,
  requestOf,
  rowsOf,
  sampleOptions,
  variablesOf,
} from "../../src/model/grid";
import type { Cell, GenerationOptions } from "../../src/wire";

const name = (n: number) => `row ${n}`;
const row = (id: string, fields = {}) => ({ id, fields });

test("variables are names in braces, each once, as Python finds them", () => {
  const told = '{dish} and {"json": {x}} {dish} {} {2} {ünlü_1} {菜}';
  expect(variablesOf(told)).toEqual(["dish", "x", "ünlü_1", "菜"]);
  const chat = [
    { role: "system", content: "{a}" },
    { role: "user", content: "{b}{a}" },
  ];
  expect(variablesOf(chat)).toEqual(["a", "b"]);
});

test("a new row has a name of its own", () => {
  expect(blankRow([], name)).toEqual(row("row 1"));
  expect(blankRow([row("row 2")], name).id).toBe("row 3");
  expect(blankRow([row("a"), row("row 3")], name).id).toBe("row 4");
});

test("examples that have something for every variable become rows", () => {
  const common = { key: "k", source: "s", own: false, origin: null };
  const examples = [
    { ...common, id: "a", prompt: "p", target: "t", fields: { dish: "soup", price: 12 } },
    { ...common, id: "b", prompt: "p", target: null, fields: { dish: "" } },
    { ...common, id: "c", prompt: [], target: null, fields: { dish: "tea", price: ["x"] } },
  ];
  expect(rowsOf(examples, ["dish", "price"])).toEqual([row("a", { dish: "soup", price: "12" })]);
  expect(rowsOf(examples, ["prompt"]).map(({ id }) => id)).toEqual(["a", "b"]);
  const twice = [examples[0]!, examples[0]!].map((one) => ({ ...one, key: "other" }));
  expect(rowsOf(twice, ["id"])).toEqual([row("a", { id: "a" }), row("a (2)", { id: "a" })]);
  expect(rowsOf([{ ...common, id: "d", prompt: "p", target: null }], ["dish"])).toEqual([]);
});

test("a pasted block fills cells from one on, and adds rows", () => {
  const rows = [row("mine", { a: "1", b: "2" })];
  const block = "x\ty\tz\r\nu\tv\r\n";
  expect(pasted(rows, { row: 0, variable: "a" }, block, ["a", "b"], name)).toEqual([
    row("mine", { a: "x", b: "y" }),
    row("row 2", { a: "u", b: "v" }),
  ]);
  expect(pasted(rows, { row: 0, variable: "b" }, "k", ["a", "b"], name)).toEqual([
    row("mine", { a: "1", b: "k" }),
  ]);
  expect(lines("a\n\nb\n\n")).toEqual(["a", "", "b"]);
});

const OPTIONS: GenerationOptions = {
  max_new_tokens: 9,
  temperature: 0,
  top_p: 1,
  seed: 3,
  stop: [],
};

test("what is filled in may stand in every text", () => {
  const setup = {
    ...NO_GRID,
    answer: "{gold}",
    principles: ["{p}"],
    own: [{ name: "o", template: "{own}", change: "" }],
  };
  expect(namesIn(setup, "{a}")).toEqual(["a", "own", "p", "gold"]);
});

test("a question has exactly what counts", () => {
  const setup = {
    ...NO_GRID,
    principles: [" ", "Be kind."],
    rows: [row("a", { x: "1", gone: "2" }), row("b", { gone: "3" }), row("c", { y: "4" })],
    samples: 5,
    isPattern: true,
  };
  const question = questionOf(setup, "{x} {y}", ["x", "y"], "toy", OPTIONS);
  expect(question).toMatchObject({
    making: { principles: ["Be kind."] },
    rows: [row("a", { x: "1", y: "" }), row("c", { x: "", y: "4" })],
    samples: 1, // at temperature 0
    is_pattern: false, // of nothing
  });
  const request = requestOf(question, [{ name: "v", template: "{x}", change: "" }]);
  const blank = { prompt: "", target: null, source: null };
  expect(request.rows[0]).toEqual({ ...blank, id: "a", fields: { x: "1", y: "" } });
  const sampled = { ...OPTIONS, temperature: 1 };
  const own = { ...OPTIONS, temperature: null };
  expect(questionOf(setup, "p", [], "toy", sampled)).toMatchObject({
    samples: 5,
    rows: [{ fields: {} }],
  });
  expect(questionOf(setup, "p", [], "toy", own).samples).toBe(5);
});

test("of a chat, nothing is asked that only a text can have", () => {
  const chat = [{ role: "user", content: "Hello" }];
  const setup = {
    ...NO_GRID,
    withoutEach: "line" as const,
    reorder: true,
    own: [
      { name: "text", template: "x", change: "" },
      { name: "chat", template: chat, change: "" },
    ],
  };
  const question = questionOf(setup, chat, [], "toy", OPTIONS);
  expect(question.making).toMatchObject({ without_each: null, reorder: false });
  expect(question.own.map(({ name }) => name)).toEqual(["chat"]);
  expect(questionOf(setup, "text", [], "toy", OPTIONS).making.without_each).toBe("line");
});

test("variants get names of their own", () => {
  const named = (each: string[]) => each.map((one) => ({ name: one, template: "", change: "" }));
  const names = distinct(named(["a", "b", "a", "a (2)"])).map((one) => one.name);
  expect(names).toEqual(["a", "b", "a (2)", "a (2) (2)"]);
});

test("each answer of a cell has a seed of its own", () => {
  expect(sampleOptions(OPTIONS, 2)).toEqual(OPTIONS);
  expect(sampleOptions({ ...OPTIONS, temperature: 1 }, 2).seed).toBe(5);
  expect(sampleOptions({ ...OPTIONS, temperature: 1, seed: null }, 1).seed).toBe(1);
});

test("a row is told apart by the first that it has", () => {
  expect(nameOfRow(row("id", { a: " ", b: "tea" }), ["a", "b"])).toBe("tea");
  expect(nameOfRow(row("id", { gone: "x" }), ["a"])).toBe("id");
});

test("cells stand row by row", () => {
  const cell: Cell = { variant: 2, row: 3, samples: [], effects: [], problem: "" };
  expect(placeOfCell(cell, 4)).toBe(14);
});

test("a scale reaches to the end of the widest interval", () => {
  const effect = (value: number, low: number | null, high: number | null) => ({
    line: { number: 1, text: "x" },
    new: false,
    effect: { value, low, high, of: 3 },
  });
  expect(reach([effect(1, -3, 2), effect(2, null, null)])).toBe(3);
  expect(reach([])).toBeGreaterThan(0);
});

test("words and lines to change are asked for as far as they are typed", () => {
  const setup = {
    ...NO_GRID,
    words: [
      { word: " never ", others: "rarely, often ,," },
      { word: "", others: "x" },
      { word: "y", others: " " },
      { word: "never", others: "{how}" },
    ],
    lines: [
      { number: " 3 ", text: "Avoid." },
      { number: "x", text: "y" },
      { number: "", text: "" },
    ],
  };
  const options = { max_new_tokens: 8, temperature: 0 } as GenerationOptions;
  const { making } = questionOf(setup, "text", [], "toy", options);
  expect(making.words).toEqual({ never: ["rarely", "often", "{how}"] });
  expect(making.lines).toEqual([[3, "Avoid."]]);
  const chat = questionOf(setup, [{ role: "user", content: "text" }], [], "toy", options);
  expect(chat.making.lines).toEqual([]);
  expect(chat.making.words).toEqual(making.words);
  expect(namesIn(setup, "text")).toEqual(["how"]);
});
