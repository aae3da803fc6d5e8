/** A map as the page wants it: token scores joined over the spans that are chosen. */
import type { Aggregate, Attribution, Span, Token } from "../wire";
import { aggregate } from "./aggregate";
import { type Chip, chipAt, textOf } from "./chips";
import type { Influence } from "./ranking";
import { cutAt } from "./spans";

/** Which spans, joined how. */
export interface View {
  readonly chips: readonly Chip[];
  readonly spans: readonly Span[] | null;
  readonly aggregate: Aggregate;
}

/** Token scores are joined over the spans that are wanted; whole segments are as they are. */
export function influencesOf(attribution: Attribution, view: View): Influence[] {
  const scores = attribution.token_scores;
  if (!scores || !view.spans) return attribution.segments;
  const spans = cutAt(view.spans, attribution.target.start);
  const joined = aggregate(scores, spans, view.aggregate);
  return spans.map((span, i) => influenceOf(span, joined[i]!, view.chips));
}

export function influenceOf([start, stop]: Span, score: number, chips: readonly Chip[]): Influence {
  const role = chips[chipAt(chips, start)]?.role ?? "prompt";
  return { start, stop, text: textOf(chips, start, stop), role, score };
}

/** The log-probability of tokens the model was asked to score; null if of none. */
export function summedLogProb(tokens: readonly Token[]): number | null {
  const known = tokens.map((token) => token.log_prob).filter((value) => value != null);
  return known.length === tokens.length ? known.reduce((sum, value) => sum + value, 0) : null;
}
