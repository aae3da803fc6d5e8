import { describe, expect, test } from "vitest";
import { arrowsOf, directWays, shareThrough, takes, type Way } from "../../src/model/ways";
import type { Span, Trace } from "../../src/wire";

const TARGET: Span = [20, 22];
const part = (start: number, role: string, direct: number) => ({
  start,
  stop: start + 2,
  text: `part ${start}`,
  role,
  direct,
  supports: Math.abs(direct),
  opposes: 0,
});
const trace: Trace = {
  segments: [
    part(0, "prompt", 0.1),
    part(2, "prompt", -0.3),
    part(4, "prompt", 0),
    part(6, "user", 0.2),
    part(8, "template", 0.05),
    part(10, "reasoning", 0.15),
    part(12, "response", -0.2),
  ],
  links: [],
  paths: [
    {
      spans: [
        [0, 2],
        [12, 14],
      ],
      share: 0.1,
    },
    {
      spans: [
        [2, 4],
        [10, 12],
        [12, 14],
      ],
      share: -0.15,
    },
  ],
  explained: 2,
  untraced: 0,
  rough: false,
};

test("what was written, set apart or not, holds its shares whatever their signs", () => {
  expect(shareThrough(trace)).toBeCloseTo(0.35);
});

test("the heaviest parts of the prompt that give directly, as ways of one step", () => {
  expect(directWays(trace)).toEqual([
    { spans: [[2, 4]], share: -0.3, through: 0.6 }, // 0.3 for, in all
    { spans: [[6, 8]], share: 0.2, through: 0 },
    { spans: [[0, 2]], share: 0.1, through: 0 },
  ]);
});

describe("arrows", () => {
  test("each step is drawn once, as heavy as its heaviest way", () => {
    expect(arrowsOf(trace.paths, TARGET)).toEqual([
      { from: [0, 2], to: [12, 14], share: 0.1 },
      { from: [12, 14], to: TARGET, share: -0.15 },
      { from: [2, 4], to: [10, 12], share: -0.15 },
      { from: [10, 12], to: [12, 14], share: -0.15 },
    ]);
  });

  test("a way takes its own steps only", () => {
    const way: Way = trace.paths[1]!;
    const taken = arrowsOf(trace.paths, TARGET).filter((arrow) => takes(way, arrow, TARGET));
    expect(taken.map(({ from, to }) => [from, to])).toEqual([
      [[12, 14], TARGET],
      [
        [2, 4],
        [10, 12],
      ],
      [
        [10, 12],
        [12, 14],
      ],
    ]);
  });
});
