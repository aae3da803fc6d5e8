import { describe, expect, test } from "vitest";
import { change, probability, scoreText, signedNumber } from "../../src/model/likelihood";

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
});
