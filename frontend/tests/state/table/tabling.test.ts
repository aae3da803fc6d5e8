import { expect, test, vi } from "vitest";
import { keyOf, placeOf } from "../../../src/model/table";
import { head, ROW, tabling } from "../../support/table";

test("rows are asked for as they come into sight, and once", async () => {
  const { table, transport } = tabling();
  table.need(0, 30);
  await vi.waitFor(() => expect(table.found).toBe(1000));
  expect(table.at(3)).toEqual(head(3));
  expect(table.at(700)).toBeNull();
  table.need(390, 430);
  await vi.waitFor(() => expect(table.at(420)).toEqual(head(420)));
  expect(table.at(395)).toEqual(head(395));
  table.need(0, 30);
  expect(transport.requests("rows").map(({ first }) => first)).toEqual([0, 200, 400]);
});

test("what is looked for anew begins anew, and what was there stays until then", async () => {
  const { table, transport } = tabling();
  table.need(0, 30);
  await vi.waitFor(() => expect(table.found).toBe(1000));
  table.set({ anywhere: "dog" }, true);
  table.set({ anywhere: "dogs" }, true);
  expect(table.at(3)).toEqual(head(3));
  await vi.waitFor(() => expect(transport.requests("rows")).toHaveLength(2));
  expect(transport.requests("rows").at(-1)?.conditions).toEqual([
    { column: null, text: "dogs", is_pattern: false },
  ]);
});

test("all that are found are selected, also those out of sight", async () => {
  const { table, transport } = tabling();
  table.need(0, 30);
  await vi.waitFor(() => expect(table.found).toBe(1000));
  await table.selectAll(true);
  expect(table.selected.size).toBe(1000);
  expect(table.selected.has(keyOf({ dataset: "big", id: "row-999" }))).toBe(true);
  table.set({ order: { column: "id", descending: false } });
  expect(table.selected.size).toBe(1000);
  expect((await table.chosen()).at(-1)?.key).toBe("big/row-999");
  const asked = transport.requests("rows").length;
  await table.selectAll(false);
  expect(table.selected.size).toBe(0);
  expect(transport.requests("rows")).toHaveLength(asked);
});

test("what is out of sight is not selected", async () => {
  const { table } = tabling();
  table.selected.add(keyOf(ROW));
  table.set({ anywhere: "dog" });
  expect(table.selected.size).toBe(0);
  expect(placeOf(keyOf({ dataset: "a/b", id: '"' }))).toEqual({ dataset: "a/b", id: '"' });
});
