import { describe, expect, test } from "vitest";
import { ranks, spearman } from "../../src/model/correlation";

describe("rank correlation", () => {
  test("equal values share the mean of their ranks", () => {
    expect(ranks([10, 30, 20, 30])).toEqual([0, 2.5, 1, 2.5]);
    expect(ranks([])).toEqual([]);
  });
  test("is of the order alone", () => {
    expect(spearman([1, 2, 3], [10, 200, 3000])).toBeCloseTo(1);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1);
    expect(spearman([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(0.9487, 4);
  });
  test("a map that tells nothing apart agrees with none", () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0);
  });
});
