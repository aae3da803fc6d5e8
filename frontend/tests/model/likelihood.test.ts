import { describe, expect, test } from "vitest";
import { probability, scoreText, signedNumber, summedLogProb } from "../../src/model/likelihood";
import type { Token } from "../../src/wire";
import { tokens } from "../support/fixtures";

describe("likelihood in words", () => {
  test("of several tokens is known only if that of each is", () => {
    const [one, other] = tokens([" It", " is"], 0, "response") as [Token, Token];
    expect(summedLogProb([one, other])).toBe(-1);
    expect(summedLogProb([one, { ...other, log_prob: null }])).toBeNull();
    expect(summedLogProb([])).toBe(0);
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
});
