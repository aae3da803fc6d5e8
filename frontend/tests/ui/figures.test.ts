import { describe, expect, test } from "vitest";
import { en } from "../../src/strings/en";
import { tr } from "../../src/strings/tr";
import { speak } from "../../src/strings";
import {
  amount,
  influenceText,
  lossText,
  percent,
  probability,
  scoreText,
  shareRange,
  shareText,
  signedNumber,
  timesLikely,
  whole,
} from "../../src/ui/figures";

describe("figures in words", () => {
  test("probabilities", () => {
    expect(probability(0)).toBe("100%");
    expect(probability(Math.log(0.99999))).toBe(">99.9%");
    expect(probability(Math.log(0.824))).toBe("82%");
    expect(probability(Math.log(0.0312))).toBe("3.1%");
    expect(probability(Math.log(0.004))).toBe("0.4%");
    expect(probability(-Math.log(12_345))).toBe("1 in 12,000");
    expect(probability(-9 * Math.LN10)).toBe("1 in 10⁹");
  });
  test("what a loss does, as the server says it", () => {
    expect(timesLikely(0)).toBe("about as likely as before");
    expect(timesLikely(0.04)).toBe("about as likely as before");
    expect(timesLikely(0.1)).toBe("1.1 times less likely");
    expect(timesLikely(5.0939)).toBe("163 times less likely");
    expect(timesLikely(-Math.log(12_345))).toBe("12,345 times more likely");
    expect(timesLikely(6 * Math.LN10)).toBe("10⁶ times less likely");
    expect(timesLikely(-9 * Math.LN10)).toBe("10⁹ times more likely");
  });
  test("of a bound, as the server says it", () => {
    expect(timesLikely(5.1, "at_least")).toBe("at least 164 times less likely");
    expect(timesLikely(5.1, "at_most")).toBe("at most 164 times less likely");
    expect(timesLikely(5.1, "about")).toBe("roughly 164 times less likely");
    expect(timesLikely(-1, "at_least")).toBe("at most 2.7 times more likely");
    expect(timesLikely(-1, "at_most")).toBe("at least 2.7 times more likely");
    expect(timesLikely(0, "at_least")).toBe("at most about as likely as before");
    expect(timesLikely(0, "about")).toBe("about as likely as before");
    expect(lossText({ lost: 5.1, bound: "at_least", measure: "log_prob" })).toMatch(
      /^at least 164/,
    );
    expect(influenceText({ score: 3.2, bound: "at_least" }, true)).toBe("≥ +3.20");
    expect(influenceText({ score: 3.2 }, true)).toBe("+3.20");
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

  test("are written as the language writes them", () => {
    speak("tr", tr);
    try {
      expect(whole(12_345)).toBe("12.345");
      expect(percent(0.824)).toBe("%82");
      expect(probability(Math.log(0.004))).toBe("%0,4");
      expect(probability(Math.log(0.99999))).toBe(">%99,9");
      expect(probability(-Math.log(12_345))).toBe("1/12.000");
      expect(signedNumber(-1.234)).toBe("−1,23");
      expect(scoreText(0.00012, true)).toBe("+1,2×10⁻⁴");
    } finally {
      speak("en", en);
    }
    expect(signedNumber(-1.234)).toBe("−1.23");
  });
});

test("amounts are told in the unit that suits the whole", () => {
  expect(amount(37e6, 93e6)).toBe("37 MB");
  expect(amount(0.4e9, 1.2e9)).toBe("0.4 GB");
  expect(amount(3, 12)).toBe("3");
});

test("a share of answers is told in percentage points, never as how likely", () => {
  expect(lossText({ lost: 60, measure: "share" })).toBe(
    "the share of such answers is 60 points lower",
  );
  expect(lossText({ lost: -2.5, measure: "share" })).toBe(
    "the share of such answers is 2.5 points higher",
  );
  expect(lossText({ lost: 0, measure: "share" })).toMatch(/no different/);
  expect(lossText({ lost: Math.log(163), measure: "log_prob" })).toBe("163 times less likely");
  expect(scoreText(40, true, "share")).toBe("+40.0");
  expect(scoreText(-40, true, "share")).toBe("−40.0");
  expect(scoreText(-0.01, true, "share")).toBe("0.0");
  const with_all = { value: 0.9, low: 0.699, high: 0.972, of: 20 };
  const share = { samples: 20, options: null, with_all };
  expect(`${shareText(share)}, ${shareRange(share)}`).toBe("18 of 20 answers, 70% to 97%");
});
