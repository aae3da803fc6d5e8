import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import { Selection } from "../../../src/state/answer/selection.svelte";
import type { Span } from "../../../src/wire";

describe("selecting", () => {
  const segments: Span[] = [
    [0, 2],
    [2, 4],
    [4, 6],
    [6, 9],
  ];
  test("starts where the answer does, moves, extends, and stops at the ends", () => {
    const selection = new Selection();
    selection.move(segments, 1, false, 4);
    expect(selection.cursor).toEqual([4, 6]);
    selection.move(segments, 1, true, 4);
    expect(selection.selected).toEqual([4, 9]);
    selection.move(segments, 1, true, 4);
    expect(selection.selected).toEqual([4, 9]);
    selection.move(segments, -1, true, 4);
    expect(selection.selected).toEqual([4, 6]);
    selection.move(segments, -1, false, 4);
    expect(selection.selected).toEqual([2, 4]);
  });
  test("starts at the target if there is one", () => {
    const selection = new Selection();
    selection.target = [6, 9];
    selection.move(segments, -1, false, 4);
    expect(selection.cursor).toEqual([6, 9]);
    selection.move([], 1, false, 0);
    expect(selection.cursor).toEqual([6, 9]);
  });
  test("marks are not set twice", () => {
    const selection = new Selection();
    const first: Span = [1, 2];
    selection.mark(first);
    selection.mark([1, 2]);
    flushSync();
    expect(selection.marked).toBe(first);
  });
});

test("walks from part to part, round and round, in text and list", () => {
  const selection = new Selection();
  const order: Span[] = [
    [4, 6],
    [0, 2],
    [2, 4],
  ];
  selection.walk([], 1);
  expect(selection.revealed).toBeNull();
  const places = [1, 1, 1, 1, -1, -1].map((by) => {
    selection.walk(order, by as 1 | -1);
    expect(selection.marked).toEqual(selection.revealed!.span);
    return selection.revealed!.span[0];
  });
  expect(places).toEqual([4, 0, 2, 4, 2, 0]);
  expect(selection.revealed!.place).toBe("both");
  selection.pick([6, 9], false);
  expect([selection.revealed, selection.marked]).toEqual([null, null]);
  selection.walk(order, -1);
  expect(selection.revealed!.span).toEqual([2, 4]);
});
