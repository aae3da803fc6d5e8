import { describe, expect, test } from "vitest";
import { changed, counterpart } from "../../src/model/alignment";
import type { Chip } from "../../src/model/chips";
import type { Span } from "../../src/wire";

/** A chip for each piece, one token each; `<…>` is a mark. */
function chips(...pieces: string[]): Chip[] {
  return pieces.map((text, i) => ({
    start: i,
    stop: i + 1,
    text,
    mark: text.startsWith("<"),
    role: "prompt",
  }));
}

const said = (all: readonly Chip[], span: Span | null) =>
  span &&
  all
    .slice(...span)
    .map(({ text }) => text)
    .join("");

describe("what changed", () => {
  test("is a word on both sides", () => {
    const [before, after] = [
      chips("<bos>", "Try", " it", "."),
      chips("<bos>", "Avoid", " it", "."),
    ];
    expect(changed(before, after)).toEqual({ removed: [[1, 2]], added: [[1, 2]] });
  });

  test("is nothing where nothing is other", () => {
    expect(changed(chips("a", " b"), chips("a", " b"))).toEqual({ removed: [], added: [] });
  });

  test("joins tokens that stand together, and leaves blanks at the ends out", () => {
    const after = chips("A", "\n", "new", " line", "\n", "B");
    expect(changed(chips("A", "\n", "B"), after)).toEqual({ removed: [], added: [[2, 4]] });
  });

  test("counts characters beyond the first plane as the browser does", () => {
    const [before, after] = [chips("😀", " one", " two"), chips("😀", " one", " three")];
    expect(changed(before, after)).toEqual({ removed: [[2, 3]], added: [[2, 3]] });
  });
});

describe("the counterpart of a target", () => {
  const before = chips("Well", ".", " Try", " it", ".");

  test("is the same words where they are said again", () => {
    const after = chips(" Oh", ",", " then", " Try", " it", "!");
    expect(said(after, counterpart(before, [2, 4], after))).toBe(" Try it");
  });

  test("is the nearest of several", () => {
    const after = chips(" Try", " and", " then", " Try", " it");
    const long = chips("Well", " and", " then", " Try", " it");
    expect(counterpart(long, [3, 4], after)).toEqual([3, 4]);
    expect(counterpart(chips("Try", " it"), [0, 1], after)).toEqual([0, 1]);
  });

  test("is what stands in its place", () => {
    const after = chips("Well", ".", " Avoid", " it", ".");
    expect(said(after, counterpart(before, [2, 3], after))).toBe(" Avoid");
  });

  test("keeps what stayed of it", () => {
    const after = chips("Well", ".", " Avoid", " it", ".");
    expect(said(after, counterpart(before, [2, 5], after))).toBe(" Avoid it.");
  });

  test("is what took the place of all of it", () => {
    const [old, now] = [chips("Say", " yes", " please"), chips("Say", " no", " please")];
    expect(counterpart(old, [1, 2], now)).toEqual([1, 2]);
    const end = chips("Say", " never");
    expect(said(end, counterpart(chips("Say", " yes"), [1, 2], end))).toBe(" never");
  });

  test("is no part of another word", () => {
    const [old, now] = [chips("Try", " it"), chips("Do", " with", " that")];
    expect(said(now, counterpart(old, [1, 2], now))).not.toBe(" with");
  });

  test("is the whole answer where nothing stands there any more", () => {
    const after = chips("Well", ".");
    expect(said(after, counterpart(before, [2, 4], after))).toBe("Well.");
  });

  test("is null of an empty answer", () => {
    expect(counterpart(before, [2, 4], [])).toBeNull();
  });
});
