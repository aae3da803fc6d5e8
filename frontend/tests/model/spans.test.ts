import { describe, expect, test } from "vitest";
import {
  beforeRemoval,
  covered,
  cutAt,
  include,
  sameSpan,
  spanAt,
  subtract,
} from "../../src/model/spans";
import type { Span } from "../../src/wire";

describe("spans", () => {
  const spans: Span[] = [
    [0, 2],
    [2, 5],
    [7, 9],
  ];
  test("finds the one that holds a token", () =>
    expect([0, 1, 2, 4, 5, 8, 9].map((at) => spanAt(spans, at))).toEqual([0, 0, 1, 1, -1, 2, -1]));
  test("cut at a target", () =>
    expect(cutAt(spans, 4)).toEqual([
      [0, 2],
      [2, 4],
    ]));
  test("same", () => {
    expect(sameSpan(null, null)).toBe(true);
    expect(sameSpan([1, 2], [1, 2])).toBe(true);
    expect(sameSpan([1, 2], null)).toBe(false);
    expect(sameSpan([1, 2], [1, 3])).toBe(false);
  });
  test("covered tokens", () => expect(covered(spans, [1, 8])).toBe(1 + 3 + 1));
  test("subtract leaves both sides", () =>
    expect(subtract([[0, 10]], [3, 5])).toEqual([
      [0, 3],
      [5, 10],
    ]));
  test("include joins without overlap", () =>
    expect(
      include(
        [
          [0, 4],
          [6, 8],
        ],
        [2, 6],
      ),
    ).toEqual([
      [0, 2],
      [2, 6],
      [6, 8],
    ]));
});

describe("spans of a sequence that lacks some", () => {
  test("shift by what came before", () =>
    expect(beforeRemoval([[2, 4]], [[0, 3]])).toEqual([[5, 7]]));
  test("are split around a gap", () =>
    expect(beforeRemoval([[1, 5]], [[3, 10]])).toEqual([
      [1, 3],
      [10, 12],
    ]));
  test("stay where nothing is missing before", () =>
    expect(beforeRemoval([[0, 2]], [[5, 6]])).toEqual([[0, 2]]));
  test("agree with removing by hand", () => {
    const removed: Span[] = [
      [2, 4],
      [5, 6],
      [9, 12],
    ];
    const gone = (i: number) => removed.some(([a, b]) => i >= a && i < b);
    const kept = Array.from({ length: 20 }, (_, i) => i).filter((i) => !gone(i));
    for (let start = 0; start < kept.length; start++) {
      for (let stop = start + 1; stop <= kept.length; stop++) {
        const told = beforeRemoval([[start, stop]], removed).flatMap(([a, b]) =>
          Array.from({ length: b - a }, (_, i) => a + i),
        );
        expect(told).toEqual(kept.slice(start, stop));
      }
    }
  });
});
