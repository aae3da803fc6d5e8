import { describe, expect, test } from "vitest";
import {
  answersShare,
  type Influence,
  isUnsure,
  largest,
  ranked,
  reach,
  within,
} from "../../src/model/ranking";
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

describe("those of the prompt and those of the answer", () => {
  const list = [influence(0, 1), influence(1, -2), influence(2, 9, "template"), influence(3, 1)];
  const starts = (scope: "prompt" | "response" | "both") =>
    within(list, scope, 3).map((one) => one.start);
  test("are told apart by where they are", () => {
    expect(starts("prompt")).toEqual([0, 1, 2]);
    expect(starts("response")).toEqual([3]);
    expect(starts("both")).toEqual([0, 1, 2, 3]);
  });
  test("have shares by magnitude, without the template", () => {
    expect(answersShare(list, 3)).toBe(0.25);
    expect(answersShare(list, 4)).toBe(0);
    expect(answersShare([influence(0, 0)], 0)).toBe(0);
  });
});

test("what is known of a score may hold 0; of a template's parts nobody asks", () => {
  const known = (low: number, high: number, role?: string) =>
    isUnsure({ ...influence(0, 1, role), interval: [low, high] });
  expect([known(-1, 2), known(0, 3), known(1, 3), known(-3, -1)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(known(-1, 2, "template")).toBe(false);
  expect(isUnsure(influence(0, 1))).toBe(false);
});
