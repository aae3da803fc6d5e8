import { describe, expect, test } from "vitest";
import { type Influence, largest, ranked, reach } from "../../src/model/ranking";
import { attribution } from "../support/fixtures";

const influence = (start: number, score: number, role = "prompt"): Influence => ({
  start,
  stop: start + 1,
  text: "x",
  role,
  score,
});

describe("ranking", () => {
  const list = [influence(0, 1), influence(1, -3), influence(2, 9, "template"), influence(3, 1)];
  test("by magnitude, then by place, without the template", () =>
    expect(ranked(list, false).map((one) => one.start)).toEqual([1, 0, 3]));
  test("the template comes last when it is shown", () =>
    expect(ranked(list, true).map((one) => one.start)).toEqual([1, 0, 3, 2]));
  test("the template does not set the scale", () => expect(largest(list)).toBe(3));
  test("of nothing, nothing", () => expect(largest([])).toBe(0));
});

test("bars leave room for the largest whisker", () => {
  const [first, second] = attribution().segments;
  expect(
    reach([
      { ...first!, score: -3, standard_error: 2 },
      { ...second!, score: 4 },
    ]),
  ).toBe(5);
});
