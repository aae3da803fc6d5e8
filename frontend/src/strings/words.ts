/** Words that follow numbers. */

export const count = (n: number, one: string, many: string) =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** One and many of each granularity. */
export const units: Record<string, [string, string]> = {
  token: ["token", "tokens"],
  word: ["word", "words"],
  sentence: ["sentence", "sentences"],
  line: ["line", "lines"],
  paragraph: ["paragraph", "paragraphs"],
};
