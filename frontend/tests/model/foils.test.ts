import { describe, expect, test } from "vitest";
import { suggestions } from "../../src/model/foils";
import { token } from "../support/fixtures";

describe("suggesting a foil", () => {
  const word = (text: string, at: number, logProb: number, others: string[]) => ({
    ...token(text, at, at + text.length, "response"),
    id: at,
    log_prob: logProb,
    alternatives: [text, ...others].map((one, i) => ({
      id: i === 0 ? at : 1000 + at + i,
      text: one,
      log_prob: logProb - i,
    })),
  });
  const words = [
    word(" You", 0, -0.1, [" Avoid", " Try"]),
    word(" have", 4, -2, ["have", " must"]),
    word(".", 9, -1, []),
  ];
  test("for one token: its alternatives, but for those that say the same", () => {
    const found = suggestions(words, [1, 2]);
    expect(found.map((one) => one.foil)).toEqual([{ value: [1006], text: " must" }]);
  });
  test("for more: the best for each of the least certain, in their order", () => {
    const found = suggestions(words, [0, 3]);
    expect(found.map((one) => [one.span, one.instead, one.foil.text])).toEqual([
      [[0, 1], " You", " Avoid"],
      [[1, 2], " have", " must"],
    ]);
  });
  test("never for a piece of a character", () => {
    const pieces = [0, 1].map((id) => ({ ...words[0]!, id, start: 0, stop: 1 }));
    expect(suggestions(pieces, [0, 2])).toEqual([]);
  });
});
