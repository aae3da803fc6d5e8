/** Bir sunucudan istenenlerin sözleri: çağrı, istem token’ı, fiyatı biliniyorsa dolar. */
import type { Expense } from "../../wire";
import { dollars, roundedUp } from "../words";
import { count } from "./words";

export function expenseOf({ calls, price, prompt_tokens, unit }: Expense, about = ""): string {
  const tokens = count(
    roundedUp(prompt_tokens, 3),
    unit === "word" ? "istem sözcüğü" : "istem token’ı",
  );
  const paid = price == null ? [] : [dollars(price, "tr")];
  return [count(calls, "çağrı"), about + tokens, ...paid].join(", ");
}

export function shortExpense({ calls, price, prompt_tokens, unit }: Expense): string {
  const rest =
    price == null
      ? count(roundedUp(prompt_tokens, 3), unit === "word" ? "sözcük" : "token")
      : dollars(price, "tr");
  return `≤ ${count(calls, "çağrı")}, ${rest}`;
}
