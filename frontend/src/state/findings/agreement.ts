/** The methods that were run on this target, and how far their rankings agree. */
import { spearman } from "../../model/correlation";
import { TEMPLATE, type Influence } from "../../model/ranking";
import { sameSpan } from "../../model/spans";
import type { Attribution } from "../../wire";
import { influencesOf, type View } from "./explaining.svelte";

export interface Agreement {
  readonly methods: readonly string[];
  /** Rank correlations, one row for each method. */
  readonly table: readonly (readonly number[])[];
}

/** Of the maps that score the very segments of `shown`, the latest of each method. */
export function agreement(
  maps: readonly Attribution[],
  shown: readonly Influence[],
  view: View,
): Agreement | null {
  const spans = shown.map((one) => [one.start, one.stop] as [number, number]);
  const byMethod = new Map<string, number[]>();
  for (const map of maps) {
    const found = influencesOf(map, { ...view, spans });
    if (!alike(found, shown)) continue;
    const scores = found.filter((_, i) => shown[i]!.role !== TEMPLATE).map((one) => one.score);
    byMethod.set(map.method, scores);
  }
  if (byMethod.size < 2) return null;
  const all = [...byMethod.values()];
  return {
    methods: [...byMethod.keys()],
    table: all.map((one) => all.map((other) => spearman(one, other))),
  };
}

function alike(a: readonly Influence[], b: readonly Influence[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => sameSpan([one.start, one.stop], [b[i]!.start, b[i]!.stop]))
  );
}
