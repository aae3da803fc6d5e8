/** Foils to offer: what else the model might have said. */
import type { Span, Token } from "../wire";
import type { Foil } from "./question";

const MAX_OFFERED = 6;

/** A token that might have stood at `span` instead of what does. */
export interface Suggestion {
  readonly span: Span;
  readonly instead: string;
  readonly foil: Foil;
}

/**
 * What else the model might have said: of one token, all its alternatives; of more, the best
 * alternative to each of the least certain.
 */
export function suggestions(tokens: readonly Token[], [start, stop]: Span): Suggestion[] {
  const target = tokens.slice(start, stop);
  if (target.length === 1) return offered(target[0]!, start).slice(0, MAX_OFFERED);
  return target
    .map((token, i) => ({ token, at: start + i }))
    .filter(({ token }) => token.log_prob != null && token.text.trim() && !token.special)
    .filter(({ at }) => wholeCharacter(tokens, at))
    .toSorted((a, b) => a.token.log_prob! - b.token.log_prob!)
    .flatMap(({ token, at }) => offered(token, at).slice(0, 1))
    .slice(0, MAX_OFFERED)
    .toSorted((a, b) => a.span[0] - b.span[0]);
}

/** Other than the token itself, in sense as well: the server refuses a foil that says the same. */
function offered(token: Token, at: number): Suggestion[] {
  return token.alternatives
    .filter(({ id, text }) => id !== token.id && text.trim() !== token.text.trim())
    .map(({ id, text }) => ({
      span: [at, at + 1],
      instead: token.text,
      foil: { value: [id], text },
    }));
}

/** False for a token that is one of several pieces of a character. */
function wholeCharacter(tokens: readonly Token[], at: number): boolean {
  const { start, stop } = tokens[at]!;
  const shared = (other: Token | undefined) => !!other && other.start < stop && other.stop > start;
  return !shared(tokens[at - 1]) && !shared(tokens[at + 1]);
}
