import { describe, expect, test } from "vitest";
import { comparable } from "../../src/model/agreement";
import type { Cut } from "../../src/model/shown";
import { attribution } from "../support/fixtures";

describe("maps that can be compared", () => {
  const shown = attribution().segments;
  const cut: Cut = {
    chips: [],
    spans: null,
    granularity: "line",
    pattern: "",
    aggregate: "sum",
  };
  const scores = [4, -0.5, 1, 0.1];
  const reversed = shown.map((one, i) => ({ ...one, score: scores[i]! }));
  test("have the same segments, and are the latest of each method", () => {
    const maps = [
      attribution({ segments: reversed }),
      attribution(),
      attribution({ method: "gradient", segments: reversed }),
      attribution({ method: "lime", segments: shown.slice(1) }),
    ];
    expect(comparable(maps, shown, cut)).toEqual({
      methods: ["occlusion", "gradient"],
      maps: [
        [-0.5, 4, 0.1, 1],
        [4, -0.5, 1, 0.1],
      ],
    });
  });
  test("are joined from token scores as the page joins them", () => {
    const token_scores = [-0.25, -0.25, 2, 2, 0.1, 1, 0, 0];
    const spans = shown.map(({ start, stop }): [number, number] => [start, stop]);
    const maps = [attribution(), attribution({ method: "gradient", token_scores })];
    expect(comparable(maps, shown, { ...cut, spans })?.maps[1]).toEqual([-0.5, 4, 0.1, 1]);
    const largest = comparable(maps, shown, { ...cut, spans, aggregate: "max" });
    expect(largest?.maps[1]).toEqual([-0.25, 2, 0.1, 1]);
  });
  test("have no scores for the template, which nobody wrote", () => {
    const segments = shown.map((one, i) => (i === 0 ? { ...one, role: "template" } : one));
    const maps = [attribution({ segments }), attribution({ method: "gradient", segments })];
    expect(comparable(maps, segments, cut)?.maps).toEqual([
      [4, 0.1, 1],
      [4, 0.1, 1],
    ]);
    const nobody = segments.map((one) => ({ ...one, role: "template" }));
    expect(comparable(maps, nobody, cut)).toBeNull();
  });
  test("are two at least", () => {
    expect(comparable([attribution()], shown, cut)).toBeNull();
  });
});
