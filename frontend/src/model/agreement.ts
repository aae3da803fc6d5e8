/** The methods that were run on a target, and how far their rankings agree. */
import type { Attribution, Span } from "../wire";
import { spearman } from "./correlation";
import { influencesOf, type View } from "./influences";
import { type Influence, spanOf, TEMPLATE } from "./ranking";
import { sameSpan } from "./spans";

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
  const spans: Span[] = shown.map(spanOf);
  const byMethod = new Map<string, number[]>();
  for (const map of maps) {
    const influences = influencesOf(map, { ...view, spans });
    if (!alike(influences, shown)) continue;
    const scores = influences
      .filter((_, i) => shown[i]!.role !== TEMPLATE)
      .map(({ score }) => score);
    byMethod.set(map.method, scores);
  }
  if (byMethod.size < 2) return null;
  const all = [...byMethod.values()];
  return {
    methods: [...byMethod.keys()],
    table: all.map((row) => all.map((column) => spearman(row, column))),
  };
}

function alike(a: readonly Influence[], b: readonly Influence[]): boolean {
  return (
    a.length === b.length && a.every((influence, i) => sameSpan(spanOf(influence), spanOf(b[i]!)))
  );
}
