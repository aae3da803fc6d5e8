/** Half-open spans of tokens, `[start, stop)`, and what can be done with lists of them. */
import type { Span } from "../wire";

/** The index of the span that holds `at`, among spans in order; -1 if none does. */
export function spanAt(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [start, stop] = spans[middle]!;
    if (at < start) high = middle - 1;
    else if (at >= stop) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** The spans that start before `stop`, the last one cut there: how a target cuts segments. */
export function cutAt(spans: readonly Span[], stop: number): Span[] {
  return spans
    .filter(([start]) => start < stop)
    .map(([start, end]) => [start, Math.min(end, stop)]);
}

export function sameSpan(a: Span | null, b: Span | null): boolean {
  return a === b || (!!a && !!b && a[0] === b[0] && a[1] === b[1]);
}

/** How many tokens of `span` the list covers. */
export function covered(list: readonly Span[], span: Span): number {
  return list.reduce(
    (sum, [start, stop]) => sum + Math.max(0, Math.min(stop, span[1]) - Math.max(start, span[0])),
    0,
  );
}

/** The list with `span` taken out of it; what is left of a span on either side stays. */
export function subtract(list: readonly Span[], span: Span): Span[] {
  return list.flatMap(([start, stop]): Span[] => {
    const before: Span = [start, Math.min(stop, span[0])];
    const after: Span = [Math.max(start, span[1]), stop];
    return [before, after].filter(([a, b]) => a < b);
  });
}

/** The list with `span` in it, in order, none overlapping. */
export function include(list: readonly Span[], span: Span): Span[] {
  return [...subtract(list, span), span].sort((a, b) => a[0] - b[0]);
}

/**
 * Spans of a sequence that lacks `removed`, said of the whole sequence.
 *
 * A span that runs across a removed place is told as its pieces around it.
 */
export function beforeRemoval(spans: readonly Span[], removed: readonly Span[]): Span[] {
  const gaps = [...removed].sort((a, b) => a[0] - b[0]);
  return spans.flatMap(([start, stop]): Span[] => {
    const pieces: Span[] = [];
    let shift = 0;
    let at = start;
    for (const [gapStart, gapStop] of gaps) {
      const gapAt = gapStart - shift; // where the gap is in the shortened sequence
      if (gapAt >= stop) break;
      if (gapAt > at) {
        pieces.push([at + shift, gapAt + shift]);
        at = gapAt;
      }
      shift += gapStop - gapStart;
    }
    if (at < stop) pieces.push([at + shift, stop + shift]);
    return pieces;
  });
}

/** The smallest span that holds both. */
export function union(a: Span, b: Span): Span {
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
