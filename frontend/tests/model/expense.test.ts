import { expect, test } from "vitest";
import { sumOf } from "../../src/model/expense";
import type { Expense } from "../../src/wire";

const one: Expense = { calls: 2, prompt_tokens: 30, price: 0.5, unit: "token" };

test("calls, tokens and dollars of several servers are added", () => {
  expect(sumOf([])).toBeNull();
  expect(sumOf([one])).toEqual(one);
  expect(sumOf([one, one])).toEqual({ calls: 4, prompt_tokens: 60, price: 1, unit: "token" });
});

test("dollars are known only if all are, and words stay words", () => {
  const words: Expense = { ...one, price: null, unit: "word" };
  expect(sumOf([one, words])).toMatchObject({ price: null, unit: "word" });
});
