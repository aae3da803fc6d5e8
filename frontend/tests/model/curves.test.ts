import { describe, expect, test } from "vitest";
import { apart, chartOf, median, randomMean, ticks } from "../../src/model/curves";
import { FAITHFUL } from "../support/fixtures";

describe("the curves of a check", () => {
  test("begin where nothing is taken away; random orders are a band and a median", () => {
    const chart = chartOf(FAITHFUL, "deletion");
    expect(chart.steps).toEqual([0, 1, 2, 3]);
    expect(chart.map).toEqual([0, 4, 5, 6]);
    expect(chart.low).toEqual([0, 0, 1, 1]);
    expect(chart.middle).toEqual([0, 0, 2, 2]);
    expect(chart.high).toEqual([0, 0, 3, 3]);
    expect(chartOf(FAITHFUL, "insertion").steps).toEqual([1, 2, 3]);
  });
  test("a figure is never without its baseline", () => {
    expect(randomMean(FAITHFUL, "deletion")).toBeCloseTo(4 / 3);
    expect(randomMean(FAITHFUL, "insertion")).toBe(5);
    expect(median([])).toBe(0);
    expect(median([4, 1])).toBe(2.5);
  });
  test("labels keep their distance and stay inside", () => {
    expect(apart([10, 12, 50], 13, 0, 100)).toEqual([10, 23, 50]);
    expect(apart([98, 99, 97], 10, 0, 100)).toEqual([90, 100, 80]);
  });
  test("an axis has few round numbers", () => {
    expect(ticks(0, 5.6)).toEqual([0, 2, 4]);
    expect(ticks(-1, 1)).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(ticks(0, 0).length).toBeGreaterThan(0);
  });
});
