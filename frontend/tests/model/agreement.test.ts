import { describe, expect, test } from "vitest";
import { agreement } from "../../src/model/agreement";
import { attribution } from "../support/fixtures";

describe("agreement of methods", () => {
  const shown = attribution().segments;
  const view = { chips: [], spans: null, aggregate: "sum" as const };
  const scores = [4, -0.5, 1, 0.1];
  const reversed = shown.map((one, i) => ({ ...one, score: scores[i]! }));
  test("is of maps with the same segments, the latest of each method", () => {
    const maps = [
      attribution({ segments: reversed }),
      attribution(),
      attribution({ method: "gradient", token_scores: [-0.25, -0.25, 2, 2, 0.1, 1, 0, 0] }),
      attribution({ method: "lime", segments: shown.slice(1) }),
    ];
    const found = agreement(maps, shown, view)!;
    expect(found.methods).toEqual(["occlusion", "gradient"]);
    expect(found.table[1]![0]).toBeCloseTo(1);
  });
  test("needs two", () => {
    expect(agreement([attribution()], shown, view)).toBeNull();
  });
});
