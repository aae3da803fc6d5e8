/** Words that follow numbers, and sentences that end once. */

export const count = (n: number, one: string, many: string) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** A sentence with its full stop, unless a quotation at its end brought one along. */
export const ended = (sentence: string) => (/[.!?…]”$/.test(sentence) ? sentence : `${sentence}.`);
