/** Words of what a server is asked for: calls, prompt tokens, and dollars if the price is known. */
import type { Expense } from "../../wire";
import { count, dollars, roundedUp } from "../words";

/** Tokens are a bound, or `about` as many. */
export function expenseOf({ calls, price, prompt_tokens, unit }: Expense, about = ""): string {
  const tokens = count(roundedUp(prompt_tokens, 3), `prompt ${unit}`, `prompt ${unit}s`);
  const paid = price == null ? [] : [dollars(price, "en")];
  return [count(calls, "call", "calls"), about + tokens, ...paid].join(", ");
}

/** Where there is little room: dollars in place of tokens, if the price is known. */
export function shortExpense({ calls, price, prompt_tokens, unit }: Expense): string {
  const rest =
    price == null ? count(roundedUp(prompt_tokens, 3), unit, `${unit}s`) : dollars(price, "en");
  return `≤ ${count(calls, "call", "calls")}, ${rest}`;
}
