import { expect, test } from "vitest";
import {
  BLOCK_CHIPS,
  blocksOf,
  type Chip,
  chipAt,
  chipsOf,
  countCodePoints,
  dropCodePoints,
  provisionalSpans,
  reasonedOf,
  textOf,
} from "../../src/model/chips";
import { token } from "../support/fixtures";

test("drops code points, not UTF-16 units", () => {
  expect(dropCodePoints("😀a", 1)).toBe("a");
  expect(dropCodePoints("aé😀", 2)).toBe("😀");
  expect(dropCodePoints("ab", 0)).toBe("ab");
  expect(dropCodePoints("ab", -3)).toBe("ab");
  expect(dropCodePoints("ab", 9)).toBe("");
});

test("counts code points", () => {
  expect(countCodePoints("")).toBe(0);
  expect(countCodePoints("a😀é")).toBe(3);
  expect(countCodePoints("\ud800")).toBe(1);
});

test("does not count a huge text to its end", () => {
  expect(countCodePoints("x".repeat(100), 10)).toBeGreaterThan(10);
});

test("an emoji split over three tokens is one chip that shows it once", () => {
  const tokens = [
    token("a", 0, 1),
    token("😀", 1, 2),
    token("😀", 1, 2),
    token("😀", 1, 2),
    token("b", 2, 3),
  ];
  const chips = chipsOf(tokens, [
    [0, 1],
    [1, 4],
    [4, 5],
  ]);
  expect(chips.map((chip) => chip.text)).toEqual(["a", "😀", "b"]);
  expect(chips[1]).toMatchObject({ start: 1, stop: 4, mark: false });
});

test("a token that ends one character and holds the next adds only the next", () => {
  const tokens = [token("😀", 0, 1), token("😀!", 0, 2)];
  expect(chipsOf(tokens, [[0, 2]])[0]!.text).toBe("😀!");
});

test("a token that stands for no characters is a mark with its name", () => {
  const tokens = [{ ...token("<bos>", 0, 0, "template"), special: true }, token("Hi", 0, 2)];
  const chips = chipsOf(tokens, [
    [0, 1],
    [1, 2],
  ]);
  expect(chips[0]).toMatchObject({ text: "<bos>", mark: true, role: "template" });
  expect(chips[1]).toMatchObject({ text: "Hi", mark: false });
});

test("streamed tokens are grouped as the server will group them", () => {
  const tokens = [
    token("Hi", 0, 2),
    token("😀", 2, 3),
    token("😀", 2, 3),
    token("", 3, 3),
    { ...token("<end>", 3, 3), special: true },
    token("x", 3, 4),
  ];
  expect(provisionalSpans(tokens, 1)).toEqual([
    [1, 4],
    [4, 5],
    [5, 6],
  ]);
  expect(provisionalSpans(tokens, 6)).toEqual([]);
});

test("finds the chip of a token and the text of a span", () => {
  const tokens = [token("a", 0, 1), token("b", 1, 2), token("b", 1, 2), token("c", 2, 3)];
  const chips = chipsOf(tokens, [
    [0, 1],
    [1, 3],
    [3, 4],
  ]);
  expect([0, 1, 2, 3, 4].map((at) => chipAt(chips, at))).toEqual([0, 1, 1, 2, -1]);
  expect(textOf(chips, 1, 4)).toBe("bc");
  expect(textOf(chips, 9, 10)).toBe("");
});

test("blocks end only at the end of a line, and lose nothing", () => {
  const chips: Chip[] = Array.from({ length: 350 }, (_, i) => ({
    start: i,
    stop: i + 1,
    text: i % 30 === 29 ? ".\n" : "word",
    mark: false,
    role: "prompt",
  }));
  const blocks = blocksOf(chips);
  expect(blocks.flat()).toEqual(chips);
  expect(blocks.length).toBeGreaterThan(2);
  for (const block of blocks.slice(0, -1)) {
    expect(block.length).toBeGreaterThanOrEqual(BLOCK_CHIPS);
    expect(block.at(-1)!.text.endsWith("\n")).toBe(true);
  }
  expect(blocksOf([])).toEqual([]);
});

test("a reasoning takes the blanks behind it along, and nothing else", () => {
  const chip = (text: string, role: string, mark = false): Chip => ({
    start: 0,
    stop: 1,
    text,
    mark,
    role,
  });
  const own = [chip("<think>", "reasoning"), chip("</think>", "reasoning")];
  const blank = chip("\n\n", "response");
  const answer = chip("Yes", "response");
  expect(reasonedOf([...own, blank, answer, blank])).toEqual([...own, blank]);
  expect(reasonedOf([...own, chip("", "response", true)])).toEqual(own);
  expect(reasonedOf([...own, blank])).toEqual([...own, blank]);
  expect(reasonedOf([answer, ...own])).toEqual([]);
  expect(reasonedOf([])).toEqual([]);
});
