import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aggregate } from "../../src/model/aggregate";
import {
  colourTable,
  contrastRatio,
  ramp,
  step,
  STEPS,
  type Rgb,
  type Theme,
} from "../../src/model/colours";
import { change, probability, scoreText, signedNumber } from "../../src/model/likelihood";
import { largest, ranked, type Influence } from "../../src/model/ranking";
import { STALE, strengths, TEMPLATE_STRENGTH } from "../../src/model/scale";
import {
  beforeRemoval,
  covered,
  cutAt,
  include,
  sameSpan,
  spanAt,
  subtract,
} from "../../src/model/spans";
import { amount } from "../../src/model/bytes";
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

describe("strengths", () => {
  const chips = [0, 1, 2, 3].map((i) => ({
    start: i,
    stop: i + 1,
    text: "x",
    mark: false,
    role: "prompt",
  }));
  test("scaled by the largest", () => {
    const layer = { influences: [influence(0, 2), influence(2, -4)], weight: 1 };
    expect([...strengths(chips, [layer], 1)]).toEqual([0.5, 0, -1, 0]);
  });
  test("intensity makes small ones stronger, never more than whole", () => {
    const layer = { influences: [influence(0, 1), influence(1, 4)], weight: 1 };
    expect([...strengths(chips, [layer], 2)].slice(0, 2)).toEqual([0.5, 1]);
  });
  test("an old map fades; new scores cover it as they come", () => {
    const old = { influences: [influence(0, 1), influence(1, 1)], weight: STALE };
    const fresh = { influences: [influence(1, -5)], weight: 1 };
    const drawn = strengths(chips, [old, fresh], 1);
    expect(drawn[0]).toBeCloseTo(STALE);
    expect(drawn[1]).toBe(-1);
  });
  test("the template is drawn at half strength", () => {
    const layer = { influences: [influence(0, 1), influence(1, 8, "template")], weight: 1 };
    expect(strengths(chips, [layer], 1)[1]).toBe(TEMPLATE_STRENGTH);
  });
  test("order of arrival does not matter", () => {
    const layer = { influences: [influence(2, 2), influence(0, 1)], weight: 1 };
    expect([...strengths(chips, [layer], 1)]).toEqual([0.5, 0, 1, 0]);
  });
});

describe("colours", () => {
  const css = readFileSync("src/styles/tokens.css", "utf8");
  const [lightCss, darkCss] = css.split(':root[data-theme="dark"]') as [string, string];
  const named = (theme: Theme, name: string): Rgb => {
    const found = new RegExp(`--${name}: #(\\w{6})`).exec(
      theme === "light" ? lightCss : darkCss,
    )![1]!;
    return [0, 2, 4].map((i) => parseInt(found.slice(i, i + 2), 16)) as unknown as Rgb;
  };

  for (const theme of ["light", "dark"] as const) {
    for (const signed of [true, false]) {
      test(`text on every tint has AA contrast (${theme}, ${signed ? "signed" : "unsigned"})`, () => {
        const worst = Math.min(
          ...ramp(theme, signed).map((tint) => contrastRatio(tint, named(theme, "ink"))),
        );
        expect(worst).toBeGreaterThanOrEqual(4.5);
      });
      test(`so has the dimmed template at its strength (${theme}, ${signed})`, () => {
        const table = ramp(theme, signed);
        const ends = signed ? [-1, 1] : [1];
        for (const end of ends) {
          const tint = table[step(end * TEMPLATE_STRENGTH, signed)]!;
          expect(contrastRatio(tint, named(theme, "template-ink"))).toBeGreaterThanOrEqual(4.5);
        }
      });
    }
    test(`text colours have AA contrast on every surface (${theme})`, () => {
      for (const text of ["ink", "dim", "bad", "supports", "opposes"]) {
        for (const surface of ["page", "surface", "sunken", "picked"]) {
          const found = contrastRatio(named(theme, text), named(theme, surface));
          const least = ["ink", "dim"].includes(text) || surface === "surface" ? 4.5 : 3;
          expect(found, `${text} on ${surface}`).toBeGreaterThanOrEqual(least);
        }
      }
      expect(contrastRatio(named(theme, "on-solid"), named(theme, "solid"))).toBeGreaterThanOrEqual(
        4.5,
      );
    });
    test(`both ends stand out from the surface and from each other (${theme})`, () => {
      const table = ramp(theme, true);
      const middle = table[128]!;
      expect(contrastRatio(table[0]!, middle)).toBeGreaterThan(1.9);
      expect(contrastRatio(table.at(-1)!, middle)).toBeGreaterThan(1.9);
      // red-green blindness leaves the blue-yellow axis: blue against red and green
      const yellowness = ([r, g, b]: Rgb) => (r + g) / 2 - b;
      expect(yellowness(table[0]!) - yellowness(table.at(-1)!)).toBeGreaterThan(100);
    });
  }

  test("there are 256 steps, and none is drawn where there is no score", () => {
    expect(colourTable("light", true)).toHaveLength(STEPS);
    expect(colourTable("light", true)[step(0, true)]).toBe("transparent");
    expect(colourTable("dark", false)[step(0, false)]).toBe("transparent");
    expect(colourTable("dark", false)[255]).toMatch(/^rgb\(/);
    expect(colourTable("dark", false)).toBe(colourTable("dark", false));
  });
  test("a strength finds its step", () => {
    expect(step(-1, true)).toBe(0);
    expect(step(1, true)).toBe(255);
    expect(step(-1, false)).toBe(0);
    expect(step(2, false)).toBe(255);
  });
});

describe("likelihood in words", () => {
  test("times", () => {
    expect(change(-1, -1 - Math.log(163))).toEqual({ kind: "less", times: "163" });
    expect(change(-2, -1)).toEqual({ kind: "more", times: "2.7" });
    expect(change(-1, -1 - Math.log(12345))).toEqual({ kind: "less", times: "12,345" });
    expect(change(-1, -40)).toEqual({ kind: "less", times: "10¹⁷" });
  });
  test("about the same within five percent either way", () => {
    expect(change(-1, -1.04).kind).toBe("same");
    expect(change(-1, -0.96).kind).toBe("same");
    expect(change(-1, -1.06).kind).toBe("less");
  });
  test("probabilities", () => {
    expect(probability(0)).toBe("100%");
    expect(probability(Math.log(0.99999))).toBe(">99.9%");
    expect(probability(Math.log(0.824))).toBe("82%");
    expect(probability(Math.log(0.0312))).toBe("3.1%");
    expect(probability(Math.log(0.004))).toBe("0.4%");
    expect(probability(-Math.log(12_345))).toBe("1 in 12,000");
    expect(probability(-9 * Math.LN10)).toBe("1 in 10⁹");
  });
  test("numbers", () => {
    expect(signedNumber(-1.234)).toBe("−1.23");
    expect(signedNumber(-0.001)).toBe("0.00");
    expect(scoreText(5.094, true)).toBe("+5.09");
    expect(scoreText(-0.0312, true)).toBe("−0.031");
    expect(scoreText(0, true)).toBe("0.00");
    expect(scoreText(2, false)).toBe("2.00");
    expect(scoreText(123.4, false)).toBe("123");
    expect(scoreText(0.00012, false)).toBe("1.2×10⁻⁴");
    expect(scoreText(-25_000, true)).toBe("−2.5×10⁴");
  });
  test("bytes", () => {
    expect(amount(37e6, 93e6)).toBe("37 MB");
    expect(amount(0.4e9, 1.2e9)).toBe("0.4 GB");
    expect(amount(3, 12)).toBe("3");
  });
});
