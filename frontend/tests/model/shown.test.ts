import { describe, expect, test } from "vitest";
import { chipsOf } from "../../src/model/chips";
import { asShown, type Cut, join } from "../../src/model/shown";
import type { Span } from "../../src/wire";
import { attribution, FAITHFUL, segmentations, sequence } from "../support/fixtures";

describe("joining token scores", () => {
  const scores = [1, 2, -5, 4];
  const spans: Span[] = [
    [0, 2],
    [2, 4],
  ];
  test("sum", () => expect(join(scores, spans, "sum")).toEqual([3, -1]));
  test("mean", () => expect(join(scores, spans, "mean")).toEqual([1.5, -0.5]));
  test("max keeps the sign of the largest magnitude", () =>
    expect(join(scores, spans, "max")).toEqual([2, -5]));
  test("nothing beyond the scores counts", () => expect(join([1], [[0, 3]], "sum")).toEqual([1]));
});

describe("a map as it is shown", () => {
  const { tokens } = sequence();
  const lines = segmentations(10);
  const cut: Cut = {
    chips: chipsOf(tokens, lines.token!),
    spans: lines.line!,
    granularity: "line",
    pattern: "[.]",
    aggregate: "sum",
  };
  const made = attribution({
    method: "gradient",
    target: { start: 6, stop: 8 },
    token_scores: [1, 2, 3, -4, 0, 0.5],
    aggregate: "sum",
    faithfulness: FAITHFUL,
    proofs: [
      { spans: [[0, 2]], lost: 1, change: "", said: " Try", changed: true, measure: "log_prob" },
    ],
  });
  const words: Cut = { ...cut, spans: lines.word!, granularity: "word" };
  const custom: Cut = {
    ...cut,
    spans: [
      [0, 4],
      [4, 10],
    ],
    granularity: "custom",
  };

  test("is the very one that came where nothing else is wanted", () => {
    expect(asShown(made, cut)).toBe(made);
    const byPattern = { ...made, granularity: "custom" as const, pattern: "[.]" };
    expect(asShown(byPattern, custom)).toBe(byPattern);
    expect(asShown(byPattern, { ...custom, pattern: "x" })).not.toBe(byPattern);
  });
  test("is the very one where segments were measured, whatever is wanted", () => {
    const whole = attribution();
    expect(asShown(whole, words)).toBe(whole);
    expect(asShown(whole, { ...cut, aggregate: "max" })).toBe(whole);
  });
  test("stays as it came until it is known where a pattern cuts", () => {
    expect(asShown(made, { ...custom, spans: null })).toBe(made);
  });
  test("is cut at the target, joined, and was not checked", () => {
    const shown = asShown(made, { ...cut, aggregate: "max" });
    expect(shown).toMatchObject({ granularity: "line", pattern: null, aggregate: "max" });
    expect(shown.faithfulness).toBeNull();
    expect(shown.proofs).toEqual([]);
    expect(shown.segments).toEqual([
      { start: 0, stop: 2, text: "Good line.\n", role: "prompt", score: 2 },
      { start: 2, stop: 4, text: "Bad line.\n", role: "prompt", score: -4 },
      { start: 4, stop: 5, text: "Answer:", role: "prompt", score: 0 },
      { start: 5, stop: 6, text: " It", role: "response", score: 0.5 },
    ]);
  });
  test("says by which pattern it was cut", () => {
    const shown = asShown(made, custom);
    expect(shown).toMatchObject({ granularity: "custom", pattern: "[.]" });
    expect(shown.segments.map(({ start, stop, score }) => [start, stop, score])).toEqual([
      [0, 4, 2],
      [4, 6, 0.5],
    ]);
    expect(asShown(made, words).pattern).toBeNull();
  });
});
