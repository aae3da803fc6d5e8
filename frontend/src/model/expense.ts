/** What several servers are asked for, together. */
import type { Expense } from "../wire";

/** Null of none; dollars only if all of them are known. */
export function sumOf(each: readonly Expense[]): Expense | null {
  if (each.length === 0) return null;
  return each.reduce((sum, one) => ({
    calls: sum.calls + one.calls,
    prompt_tokens: sum.prompt_tokens + one.prompt_tokens,
    price: sum.price == null || one.price == null ? null : sum.price + one.price,
    unit: sum.unit === "word" ? "word" : one.unit,
  }));
}
