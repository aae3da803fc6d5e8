/** The ways from the prompt to the target, and the arrows that draw them. */
import type { Span, Trace } from "../wire";
import { REASONING } from "./chips";
import { sameSpan } from "./spans";

const MAX_DIRECT = 3;

/** From a part of the prompt to the target: the spans before the target, and its signed share. */
export interface Way {
  readonly spans: readonly Span[];
  readonly share: number;
  /** What its first part gives by way of sentences, besides: of ways of one step. */
  readonly through?: number;
}

export interface Arrow {
  readonly from: Span;
  readonly to: Span;
  readonly share: number;
}

const isWritten = ({ role }: { readonly role: string }) =>
  role === "response" || role === REASONING;

/** Share of the target that its own map has in what the model wrote before it. */
export function shareThrough(trace: Trace): number {
  return trace.segments.filter(isWritten).reduce((sum, { direct }) => sum + Math.abs(direct), 0);
}

/** The parts of the prompt that give most to the target directly, as ways of one step. */
export function directWays(trace: Trace): Way[] {
  return trace.segments
    .filter((segment) => !isWritten(segment) && segment.direct !== 0)
    .sort((a, b) => Math.abs(b.direct) - Math.abs(a.direct))
    .slice(0, MAX_DIRECT)
    .map(({ start, stop, direct, supports, opposes }) => ({
      spans: [[start, stop]],
      share: direct,
      through: supports - opposes - direct,
    }));
}

/** Each step of these ways once, with the share of the heaviest way that takes it. */
export function arrowsOf(ways: readonly Way[], target: Span): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const { spans, share } of ways) {
    for (const [i, from] of spans.entries()) {
      const to = spans[i + 1] ?? target;
      const key = `${from.join(" ")} ${to.join(" ")}`;
      const known = arrows.get(key);
      if (!known || Math.abs(known.share) < Math.abs(share)) arrows.set(key, { from, to, share });
    }
  }
  return [...arrows.values()];
}

/** Does a way take this step? */
export function takes({ spans }: Way, { from, to }: Arrow, target: Span): boolean {
  return spans.some((span, i) => sameSpan(span, from) && sameSpan(spans[i + 1] ?? target, to));
}
