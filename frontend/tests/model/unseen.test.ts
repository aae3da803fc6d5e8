import { describe, expect, test } from "vitest";
import cases from "../../../tests/support/unseen.json";
import { hasUnseen, onOneLine, pieces, unseen, withSigns } from "../../src/model/unseen";

describe("what can't be seen", () => {
  test.each(cases)("$shown", ({ text, shown, count, reads }) => {
    expect(withSigns(text)).toBe(shown);
    expect(unseen(text)).toEqual(count > 0 ? { count, reads } : null);
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });

  test("on one line, hidden characters are signs too", () => {
    expect(onOneLine(" a\n\tb\u202ec ")).toBe("a b⟦U+202E⟧c");
  });

  test("every code point that browsers draw nothing for is shown", () => {
    const ignorable = /\p{Default_Ignorable_Code_Point}/u;
    for (let code = 0; code < 0x110000; code++) {
      const character = String.fromCodePoint(code);
      if (ignorable.test(character)) expect(pieces(character)[0]!.sign).not.toBeNull();
    }
  });

  test("a text that is cut anywhere has the signs of the whole", () => {
    for (const { text } of cases) {
      const whole = pieces(text).filter((piece) => piece.sign !== null);
      const characters = [...text];
      const parts = characters.flatMap((character, i) =>
        pieces(character, characters.slice(0, i).join(""), characters.slice(i + 1).join("")),
      );
      const hidden = parts.filter((piece) => piece.sign !== null);
      expect(hidden.map((piece) => piece.text).join("")).toBe(
        whole.map((piece) => piece.text).join(""),
      );
    }
  });

  test("plain text is one piece", () => {
    expect(pieces("plain")).toEqual([{ text: "plain", sign: null }]);
    expect(pieces("")).toEqual([]);
    expect(hasUnseen("plain\n\t")).toBe(false);
  });
});
