import { describe, expect, test } from "vitest";
import type { Influence } from "../../src/model/ranking";
import { STALE, strengths, TEMPLATE_STRENGTH, UNSURE_STRENGTH } from "../../src/model/scale";

const influence = (start: number, score: number, role = "prompt"): Influence => ({
  start,
  stop: start + 1,
  text: "x",
  role,
  score,
});

describe("strengths", () => {
  const chips = [0, 1, 2, 3].map((i) => ({
    start: i,
    stop: i + 1,
    text: "x",
    mark: false,
    role: "prompt",
  }));
  test("scaled by the largest", () => {
    const layer = { influences: [influence(0, 2), influence(2, -4)], weight: 1 };
    expect([...strengths(chips, [layer], 1)]).toEqual([0.5, 0, -1, 0]);
  });
  test("intensity makes small ones stronger, never more than whole", () => {
    const layer = { influences: [influence(0, 1), influence(1, 4)], weight: 1 };
    expect([...strengths(chips, [layer], 2)].slice(0, 2)).toEqual([0.5, 1]);
  });
  test("an old map fades; new scores cover it as they come", () => {
    const old = { influences: [influence(0, 1), influence(1, 1)], weight: STALE };
    const fresh = { influences: [influence(1, -5)], weight: 1 };
    const drawn = strengths(chips, [old, fresh], 1);
    expect(drawn[0]).toBeCloseTo(STALE);
    expect(drawn[1]).toBe(-1);
  });
  test("the template is drawn at half strength", () => {
    const layer = { influences: [influence(0, 1), influence(1, 8, "template")], weight: 1 };
    expect(strengths(chips, [layer], 1)[1]).toBe(TEMPLATE_STRENGTH);
  });
  test("what chance may have done is faint, whatever its score", () => {
    const parts = [
      { ...influence(0, 4), interval: [-1, 9] as [number, number] },
      { ...influence(1, 4), interval: [1, 7] as [number, number] },
    ];
    const [unsure, sure] = strengths(chips, [{ influences: parts, weight: 1 }], 1);
    expect(unsure).toBeCloseTo(UNSURE_STRENGTH);
    expect(sure).toBe(1);
  });
  test("order of arrival does not matter", () => {
    const layer = { influences: [influence(2, 2), influence(0, 1)], weight: 1 };
    expect([...strengths(chips, [layer], 1)]).toEqual([0.5, 0, 1, 0]);
  });
});
