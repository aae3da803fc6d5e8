import { expect, test } from "vitest";
import {
  blankRow,
  lines,
  pasted,
  placeOfCell,
  reach,
  rowInfo,
  rowsOf,
  variablesOf,
} from "../../src/model/grid";
import type { Cell } from "../../src/wire";

const name = (n: number) => `row ${n}`;
const row = (id: string, fields = {}) => ({ id, fields });

test("variables are names in braces, each once, as Python finds them", () => {
  expect(variablesOf('{dish} and {"json": {x}} {dish} {} {2} {ünlü_1}')).toEqual([
    "dish",
    "x",
    "ünlü_1",
  ]);
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

test("a row travels as an example without a prompt", () => {
  expect(rowInfo(row("a", { x: "1" }))).toEqual({
    id: "a",
    prompt: "",
    target: null,
    source: null,
    fields: { x: "1" },
  });
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
