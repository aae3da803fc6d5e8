/** Joining token scores over segments: the browser's only mathematics of attribution. */
import type { Aggregate, Span } from "../wire";

/** One score for each span. `max` is the score of largest magnitude, with its sign. */
export function aggregate(
  tokenScores: readonly number[],
  spans: readonly Span[],
  how: Aggregate,
): number[] {
  return spans.map(([start, stop]) => {
    let sum = 0;
    let extreme = 0;
    for (let i = start; i < stop; i++) {
      const score = tokenScores[i] ?? 0;
      sum += score;
      if (Math.abs(score) > Math.abs(extreme)) extreme = score;
    }
    if (how === "sum") return sum;
    return how === "mean" ? sum / Math.max(1, stop - start) : extreme;
  });
}
