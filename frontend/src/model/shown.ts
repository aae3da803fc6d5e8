/** A map as it is shown: token scores joined over the segments that are chosen. */
import type { Aggregate, Attribution, Granularity, ScoredSegment, Span } from "../wire";
import { type Chip, chipAt, textOf } from "./chips";
import { cutAt } from "./spans";

/** What a person chose to be scored as one. */
export interface Cut {
  readonly chips: readonly Chip[];
  /** Null until it is known where a pattern cuts. */
  readonly spans: readonly Span[] | null;
  readonly granularity: Granularity;
  readonly pattern: string;
  readonly aggregate: Aggregate;
}

/**
 * Token scores are joined over the spans that are wanted. Whole segments are as they are, and a
 * map that was made this way already is that very map: who knew it finds it unchanged.
 */
export function asShown(map: Attribution, cut: Cut): Attribution {
  const { token_scores: scores, target } = map;
  if (!scores || !cut.spans || isCut(map, cut)) return map;
  const { chips, granularity, pattern, aggregate } = cut;
  const spans = cutAt(cut.spans, target.start);
  const joined = join(scores, spans, aggregate);
  return {
    ...map,
    granularity,
    pattern: granularity === "custom" ? pattern : null,
    aggregate,
    segments: spans.map((span, i) => scored(span, joined[i]!, chips)),
    faithfulness: null,
    proofs: [],
  };
}

function isCut(map: Attribution, { granularity, pattern, aggregate }: Cut): boolean {
  return (
    map.granularity === granularity &&
    (granularity !== "custom" || map.pattern === pattern) &&
    map.aggregate === aggregate
  );
}

/** A segment that is known by its tokens. */
export function scored([start, stop]: Span, score: number, chips: readonly Chip[]): ScoredSegment {
  const role = chips[chipAt(chips, start)]?.role ?? "prompt";
  return { start, stop, text: textOf(chips, start, stop), role, score };
}

/** One score for each span. `max` is the score of largest magnitude, with its sign. */
export function join(
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
