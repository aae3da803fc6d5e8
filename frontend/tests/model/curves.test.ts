import { describe, expect, test } from "vitest";
import {
  apart,
  chartOf,
  countsTokens,
  median,
  type Point,
  randomMean,
  ticks,
} from "../../src/model/curves";
import { FAITHFUL } from "../support/fixtures";

describe("the curves of a check", () => {
  test("begin where nothing is taken away; random orders are a band and a median", () => {
    const chart = chartOf(FAITHFUL, "deletion");
    const heights = (points: readonly Point[]) => points.map(([, nats]) => nats);
    expect(chart.ticks.map(({ label }) => label)).toEqual(["0", "1", "2", "3"]);
    expect(chart.map).toEqual([
      [0, 0],
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(heights(chart.low)).toEqual([0, 0, 1, 1]);
    expect(heights(chart.middle)).toEqual([0, 0, 2, 2]);
    expect(heights(chart.high)).toEqual([0, 0, 3, 3]);
    const left = chartOf(FAITHFUL, "insertion");
    expect(left.ticks.map(({ label }) => label)).toEqual(["1", "2", "3"]);
  });
  test("by tokens stand where so many tokens are gone; orders are read between their points", () => {
    const old = { ...FAITHFUL, map_order: { ...FAITHFUL.map_order, tokens: [] } };
    expect(countsTokens(old)).toBe(false);
    expect(countsTokens(FAITHFUL)).toBe(true);
    const counted = {
      ...FAITHFUL,
      map_order: { ...FAITHFUL.map_order, tokens: [2, 6, 12] },
      leave_one_out: { ...FAITHFUL.leave_one_out, tokens: [1, 2, 3] },
      random_orders: [{ deletion: [0, 6, 12], insertion: [0, 0, 0], tokens: [2, 4, 6] }],
    };
    expect(countsTokens(counted)).toBe(true);
    const chart = chartOf(counted, "tokens");
    expect(chart.map).toEqual([
      [0, 0],
      [2, 4],
      [6, 5],
      [12, 6],
    ]);
    const middle = new Map(chart.middle.map(([x, nats]) => [x, nats]));
    expect([0, 2, 3, 4, 5, 6, 12].map((x) => middle.get(x))).toEqual([0, 0, 3, 6, 9, 12, 12]);
    expect(chart.ticks.map(({ label }) => label)).toEqual(["0", "5", "10"]);
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
