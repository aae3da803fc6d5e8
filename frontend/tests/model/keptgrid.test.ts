import { expect, test } from "vitest";
import type { Asked } from "../../src/model/grid";
import { NO_GRID } from "../../src/model/grid";
import { gridHead, isGridHead, isKeptGrid, type KeptGrid } from "../../src/model/keptgrid";

const variants = [
  { name: "as it is", template: "Say {x}.\n Now.", change: "" },
  { name: "no line 1", template: " Now.", change: "without line 1" },
];
const asked = {
  model: "toy",
  template: "Say {x}.\n Now.",
  variants,
  rows: [{ id: "1", fields: {} }],
  options: {},
} as unknown as Asked;
const GRID: KeptGrid = { setup: NO_GRID, asked, cells: [null, null], found: null };

test("a list says what a grid is about, how large it is and what is known", () => {
  const head = gridHead("a", 5, GRID);
  expect(head).toEqual({
    id: "a",
    at: 5,
    about: "Now.",
    tried: "without line 1",
    model: "toy",
    variants: 2,
    rows: 1,
    known: 0,
  });
  expect(isGridHead(head)).toBe(true);
  expect(isGridHead({ id: "a" })).toBe(false);
});

test("of a chat, it is the last message that tells", () => {
  const template = [
    { role: "system", content: "Be kind." },
    { role: "user", content: "x".repeat(500) },
  ];
  expect(gridHead("a", 5, { ...GRID, asked: { ...asked, template } }).about).toBe("x".repeat(160));
});

test.each([
  null,
  {},
  { ...GRID, cells: [] },
  { ...GRID, cells: [{}, null] },
  { ...GRID, found: [] },
  { ...GRID, setup: {} },
  { ...GRID, asked: { ...asked, options: undefined } },
  { ...GRID, asked: { ...asked, rows: [{ id: "1" }] } },
])("what is no grid is not shown: %j", (record) => {
  expect(isKeptGrid(record)).toBe(record === GRID);
});

test("what is one is", () => expect(isKeptGrid(GRID)).toBe(true));
