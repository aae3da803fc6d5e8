/** The methods that were run on a target, and whose maps can be compared. */
import type { Attribution } from "../wire";
import { type Influence, spanOf, TEMPLATE } from "./ranking";
import { asShown, type Cut } from "./shown";
import { sameSpan } from "./spans";

export interface Comparable {
  readonly methods: readonly string[];
  /** The scores of each method's map, over the same segments. */
  readonly maps: readonly (readonly number[])[];
}

/** Of the maps that score the very segments of `shown`, the latest of each method. */
export function comparable(
  maps: readonly Attribution[],
  shown: readonly Influence[],
  cut: Cut,
): Comparable | null {
  const byMethod = new Map<string, number[]>();
  for (const map of maps) {
    const { segments } = asShown(map, cut);
    if (!alike(segments, shown)) continue;
    const scores = segments.filter((_, i) => shown[i]!.role !== TEMPLATE).map(({ score }) => score);
    if (scores.length > 0) byMethod.set(map.method, scores);
  }
  if (byMethod.size < 2) return null;
  return { methods: [...byMethod.keys()], maps: [...byMethod.values()] };
}

function alike(a: readonly Influence[], b: readonly Influence[]): boolean {
  return (
    a.length === b.length && a.every((influence, i) => sameSpan(spanOf(influence), spanOf(b[i]!)))
  );
}
