/** The findings' mathematics and small decisions. */
import { describe, expect, test } from "vitest";
import { apart, chartOf, median, randomMean, runsOf, ticks } from "../../src/model/curves";
import { ranks, spearman } from "../../src/model/correlation";
import { reach } from "../../src/model/ranking";
import { agreement } from "../../src/model/agreement";
import { Contrast } from "../../src/state/findings/contrast.svelte";
import { suggestions } from "../../src/model/foils";
import { t } from "../../src/strings";
import { FAITHFUL, attribution, token } from "../support/fixtures";

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

describe("agreement of methods", () => {
  const shown = attribution().segments;
  const view = { chips: [], spans: null, aggregate: "sum" as const };
  const scores = [4, -0.5, 1, 0.1];
  const reversed = shown.map((one, i) => ({ ...one, score: scores[i]! }));
  test("is of maps with the same segments, the latest of each method", () => {
    const maps = [
      attribution({ segments: reversed }),
      attribution(),
      attribution({ method: "gradient", token_scores: [-0.25, -0.25, 2, 2, 0.1, 1, 0, 0] }),
      attribution({ method: "lime", segments: shown.slice(1) }),
    ];
    const found = agreement(maps, shown, view)!;
    expect(found.methods).toEqual(["occlusion", "gradient"]);
    expect(found.table[1]![0]).toBeCloseTo(1);
  });
  test("needs two", () => {
    expect(agreement([attribution()], shown, view)).toBeNull();
  });
});

describe("suggesting a foil", () => {
  const word = (text: string, at: number, logProb: number, others: string[]) => ({
    ...token(text, at, at + text.length, "response"),
    id: at,
    log_prob: logProb,
    alternatives: [text, ...others].map((one, i) => ({
      id: i === 0 ? at : 1000 + at + i,
      text: one,
      log_prob: logProb - i,
    })),
  });
  const words = [
    word(" You", 0, -0.1, [" Avoid", " Try"]),
    word(" have", 4, -2, ["have", " must"]),
    word(".", 9, -1, []),
  ];
  test("for one token: its alternatives, but for those that say the same", () => {
    const found = suggestions(words, [1, 2]);
    expect(found.map((one) => one.foil)).toEqual([{ value: [1006], text: " must" }]);
  });
  test("for more: the best for each of the least certain, in their order", () => {
    const found = suggestions(words, [0, 3]);
    expect(found.map((one) => [one.span, one.instead, one.foil.text])).toEqual([
      [[0, 1], " You", " Avoid"],
      [[1, 2], " have", " must"],
    ]);
  });
  test("never for a piece of a character", () => {
    const pieces = [0, 1].map((id) => ({ ...words[0]!, id, start: 0, stop: 1 }));
    expect(suggestions(pieces, [0, 2])).toEqual([]);
  });
  test("only errors about the foil refuse it", () => {
    const contrast = new Contrast();
    const error = (code: string) => ({ code, message: "No.", hint: "" });
    expect(contrast.refuse(error("TargetError"))).toBe(false);
    contrast.foil = { value: "x", text: "x" };
    contrast.typed = "x";
    expect(contrast.refuse(error("CapabilityError"))).toBe(false);
    expect(contrast.refuse(error("TargetError"))).toBe(true);
    expect(contrast).toMatchObject({ foil: null, typed: "x", error: { message: "No." } });
  });
});

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
  test("what it costs is what the server runs", () => {
    expect(runsOf(5)).toBe((1 + 5 + 22 * 2 * 2) / 2); // 1, 2
    expect(runsOf(10)).toBe((1 + 10 + 22 * 2 * 4) / 2); // 1, 2, 3, 5
  });
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

test("costs in words", () => {
  expect(t.cost.about({ runs: 3, seconds: 0.2 })).toBe("under a second");
  expect(t.cost.about({ runs: 239.2, seconds: 12.4 })).toBe("about 12 s, 240 runs");
  expect(t.cost.about({ runs: 5000, seconds: 250 })).toBe("about 4 min, 5,000 runs");
  expect(t.cost.about({ runs: 1 })).toBe("1 run");
});
