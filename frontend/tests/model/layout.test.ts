import { expect, test } from "vitest";
import { asLayout, dragged, LAYOUT, LEAST, stepped, USUAL } from "../../src/model/layout";

const drag = (wanted: number, whole = 1400) => dragged("library", USUAL, wanted, whole);

test("a pane is as wide as it is dragged, within bounds", () => {
  expect(drag(320.4)).toEqual({ width: 320, folded: false });
  expect(drag(LEAST.library - 20).width).toBe(LEAST.library);
  expect(dragged("findings", USUAL, 200, 1400).width).toBe(LEAST.findings);
  expect(drag(1300).width).toBe((1400 - 480) / 2); // both fit, and the text between them
  expect(drag(900, 1000).width).toBe(420); // there it is the only one
});

test("dragged to almost nothing, it is folded, and comes back as it was", () => {
  expect(dragged("library", { width: 300, folded: false }, 30, 1400)).toEqual({
    width: 300,
    folded: true,
  });
});

test("keys make it wider and narrower, fold it at the end and bring it back", () => {
  const step = (pane = USUAL, now: number, by: number) =>
    stepped("library", pane, now + by, now, 1400);
  const wide = step(LAYOUT.library, 290, 24);
  expect(wide).toEqual({ width: 314, folded: false });
  expect(step(wide, 210, -24)).toEqual({ width: LEAST.library, folded: false });
  const folded = step(wide, LEAST.library, -24);
  expect(folded).toEqual({ width: 314, folded: true });
  expect(step(folded, 0, -24)).toEqual(folded);
  expect(step(folded, 0, 24)).toEqual(wide);
});

test("of what was kept, whatever is no layout is the usual one", () => {
  const kept = { library: { width: 300, folded: true }, findings: USUAL };
  expect(asLayout(kept)).toEqual(kept);
  for (const odd of [null, [], {}, "wide", { library: 3, findings: null }]) {
    expect(asLayout(odd)).toEqual(LAYOUT);
  }
  expect(asLayout({ library: { width: "9px", folded: 1 } })).toEqual(LAYOUT);
});
