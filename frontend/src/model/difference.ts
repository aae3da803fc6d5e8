/** What changed between two texts, word by word, within a bounded time. */
import { diffLines, diffWordsWithSpace } from "diff";

export interface Piece {
  readonly text: string;
  readonly change: "same" | "removed" | "added";
}

const MILLISECONDS = 400;

/** The pieces of both texts in order; null if they differ too much to be told in time. */
export function difference(before: string, after: string): Piece[] | null {
  const limit = { timeout: MILLISECONDS };
  const parts = diffWordsWithSpace(before, after, limit) ?? diffLines(before, after, limit);
  if (!parts) return null;
  return parts.map(({ value, added, removed }) => ({
    text: value,
    change: added ? "added" : removed ? "removed" : "same",
  }));
}
