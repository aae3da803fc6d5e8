/** Words that follow numbers, amounts that are bounds, and sentences that end once. */

export const count = (n: number, one: string, many: string) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** A sentence with its full stop, unless a quotation at its end brought one along. */
export const ended = (sentence: string) => (/[.!?…]”$/.test(sentence) ? sentence : `${sentence}.`);

/** Up, to so many digits that are not 0: what is at most is not more. */
export function roundedUp(value: number, digits: number): number {
  if (value <= 0) return 0;
  const unit = digits - 1 - Math.floor(Math.log10(value));
  const scaled = Number((unit < 0 ? value / 10 ** -unit : value * 10 ** unit).toFixed(6));
  return unit < 0 ? Math.ceil(scaled) * 10 ** -unit : Math.ceil(scaled) / 10 ** unit;
}

/** As few digits as tell how much it is; cents from a dollar on. */
export function dollars(value: number, language: string): string {
  const cents = value === 0 || value >= 1;
  const options = cents ? { minimumFractionDigits: 2 } : { maximumSignificantDigits: 2 };
  const amount = cents ? Math.ceil(Number((value * 100).toFixed(6))) / 100 : roundedUp(value, 2);
  return amount.toLocaleString(language, { style: "currency", currency: "USD", ...options });
}
