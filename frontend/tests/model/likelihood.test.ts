import { expect, test } from "vitest";
import { summedLogProb } from "../../src/model/likelihood";
import type { Token } from "../../src/wire";
import { tokens } from "../support/fixtures";

test("the log-probability of several tokens is known only if that of each is", () => {
  const [one, other] = tokens([" It", " is"], 0, "response") as [Token, Token];
  expect(summedLogProb([one, other])).toBe(-1);
  expect(summedLogProb([one, { ...other, log_prob: null }])).toBeNull();
  expect(summedLogProb([])).toBe(0);
});
