import { describe, expect, test } from "vitest";
import { type Chip } from "../../src/model/chips";
import { colourTable } from "../../src/model/colours";
import { carriedOver, placesOf, tintedTexts } from "../../src/model/tints";

function chips(...parts: [text: string, role?: string, mark?: boolean][]): Chip[] {
  return parts.map(([text, role = "prompt", mark = false], i) => ({
    start: i,
    stop: i + 1,
    text,
    mark,
    role,
  }));
}

describe("where chips stand", () => {
  test("in a text: one behind the other, marks nowhere", () => {
    const list = chips(["<bos>", "template", true], ["Good "], ["day"]);
    expect(placesOf(list, "Good day")).toEqual([
      [
        { chip: 1, from: 0, to: 5 },
        { chip: 2, from: 5, to: 8 },
      ],
    ]);
  });

  test("in messages: without the template's words, and though it takes blanks away", () => {
    const list = chips(
      ["<user>", "template"],
      ["Hi", "user"],
      ["<end>", "template"],
      ["<user>", "template"],
      ["Hi", "user"],
      [" you", "user"],
    );
    const prompt = [
      { role: "user", content: "  Hi\n" },
      { role: "user", content: "Hi you" },
    ];
    expect(placesOf(list, prompt)).toEqual([
      [{ chip: 1, from: 2, to: 4 }],
      [
        { chip: 4, from: 0, to: 2 },
        { chip: 5, from: 2, to: 6 },
      ],
    ]);
  });

  test("a chip over the end of a message stands in both", () => {
    const list = chips(["a\nb", "user"]);
    const prompt = [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
    ];
    const spans = placesOf(list, prompt).map((places) => places.map(({ from, to }) => [from, to]));
    expect(spans).toEqual([[[0, 1]], [[0, 1]]]);
  });

  test("a text that is not there has none, and the next ones have theirs", () => {
    const list = chips(["b", "user"]);
    const prompt = [
      { role: "user", content: "a" },
      { role: "user", content: "" },
      { role: "user", content: "b" },
    ];
    expect(placesOf(list, prompt).map((places) => places.length)).toEqual([0, 0, 1]);
  });
});

describe("tints", () => {
  const table = colourTable("light", true);
  const strong = table.at(-1)!;

  test("are the chips' colours; neighbours of one colour are one, and nothing is no tint", () => {
    const list = chips(["a"], ["b"], ["c"], ["d"]);
    const tinted = tintedTexts(
      "abcd",
      placesOf(list, "abcd"),
      new Float32Array([1, 1, 0, -1]),
      table,
      true,
      "tint",
    );
    expect(tinted[0]!.tints).toEqual([
      { from: 0, to: 2, style: `background-color: ${strong}` },
      { from: 3, to: 4, style: `background-color: ${table[0]}` },
    ]);
  });

  test("are drawn as the map is", () => {
    const list = chips(["a"]);
    const [one] = tintedTexts(
      "a",
      placesOf(list, "a"),
      new Float32Array([1]),
      table,
      true,
      "underline",
    );
    expect(one!.tints[0]!.style).toBe(`border-bottom: 3px solid ${strong}`);
  });
});

describe("a later text", () => {
  const tint = (from: number, to: number) => ({ from, to, style: "color: red" });
  const before = { text: "one\ntwo\nthree\n", tints: [tint(0, 3), tint(4, 7), tint(8, 13)] };
  const where = (later: string) => carriedOver(before, later).map(({ from, to }) => [from, to]);

  test("that is the same has the same tints", () => {
    expect(carriedOver(before, before.text)).toBe(before.tints);
  });

  test("has those of the lines that stayed, where they stand now", () => {
    expect(where("zero\none\ntwo\nthree\n")).toEqual([[5, 8], [9, 12], [13, 18]]); // prettier-ignore
    expect(where("one\nthree\n")).toEqual([[0, 3], [4, 9]]); // prettier-ignore
    expect(where("one\n2\nthree\n")).toEqual([[0, 3], [6, 11]]); // prettier-ignore
    expect(where("nothing")).toEqual([]);
  });

  test("keeps what is left of a tint of several lines", () => {
    const wide = { text: "one\ntwo\nthree\n", tints: [tint(0, 14)] };
    const left = carriedOver(wide, "1\ntwo\nthree\n").map(({ from, to }) => [from, to]);
    expect(left).toEqual([[2, 12]]);
  });

  test("that is too long to be compared has none until the next map", () => {
    expect(carriedOver(before, "x".repeat(400_000))).toEqual([]);
  });
});
