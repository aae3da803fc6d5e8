import { describe, expect, test } from "vitest";
import { aggregate } from "../../src/model/aggregate";
import type { Span } from "../../src/wire";

describe("aggregate", () => {
  const scores = [1, 2, -5, 4];
  const spans: Span[] = [
    [0, 2],
    [2, 4],
  ];
  test("sum", () => expect(aggregate(scores, spans, "sum")).toEqual([3, -1]));
  test("mean", () => expect(aggregate(scores, spans, "mean")).toEqual([1.5, -0.5]));
  test("max keeps the sign of the largest magnitude", () =>
    expect(aggregate(scores, spans, "max")).toEqual([2, -5]));
  test("nothing beyond the scores counts", () =>
    expect(aggregate([1], [[0, 3]], "sum")).toEqual([1]));
});
