/** The log-probability of several tokens. */
import type { Token } from "../wire";

/** That of tokens the model was asked to score; null if of none. */
export function summedLogProb(tokens: readonly Token[]): number | null {
  const known = tokens.map((token) => token.log_prob).filter((value) => value != null);
  return known.length === tokens.length ? known.reduce((sum, value) => sum + value, 0) : null;
}
