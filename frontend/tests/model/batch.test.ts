import { expect, test } from "vitest";
import { isFiltered, NO_BATCH, queryOf, setupOf } from "../../src/model/batch";

const KEPT = { ...NO_BATCH, name: "menu", run: "abc", variant: "warm" };

test("what was looked for is of its own batch", () => {
  expect(setupOf(KEPT, ["other", "menu"])).toBe(KEPT);
  expect(setupOf(KEPT, ["other"])).toEqual({ ...NO_BATCH, name: "other" });
  expect(setupOf(KEPT, []).name).toBe("");
});

test("a query has what is looked for, and an order if there is one", () => {
  expect(queryOf(KEPT)).toEqual({
    text: "",
    variant: "warm",
    status: null,
    verdict: null,
    column: null,
    descending: false,
  });
  const order = { column: "seconds", descending: true };
  expect(queryOf({ ...NO_BATCH, order })).toMatchObject({ column: "seconds", descending: true });
});

test("an order leaves nothing out", () => {
  expect(isFiltered(NO_BATCH)).toBe(false);
  expect(isFiltered({ ...NO_BATCH, order: { column: "row", descending: false } })).toBe(false);
  expect(isFiltered({ ...NO_BATCH, text: "dog" })).toBe(true);
  expect(isFiltered({ ...NO_BATCH, verdict: "weak" })).toBe(true);
});
