/** Segments with their scores, in the order of how much they mattered. */
import type { ScoredSegment, Span } from "../wire";

export type Influence = Readonly<ScoredSegment>;

export const TEMPLATE = "template";

/** Largest magnitude first; of equals, the earlier. Nobody wrote the template: it ranks last. */
export function ranked(influences: readonly Influence[], withTemplate: boolean): Influence[] {
  return influences
    .filter((influence) => withTemplate || influence.role !== TEMPLATE)
    .toSorted(
      (a, b) =>
        Number(a.role === TEMPLATE) - Number(b.role === TEMPLATE) ||
        Math.abs(b.score) - Math.abs(a.score) ||
        a.start - b.start,
    );
}

/** The magnitude that gets the strongest colour. The template does not set the scale. */
export function largest(influences: readonly Pick<Influence, "role" | "score">[]): number {
  let top = 0;
  for (const { role, score } of influences) {
    if (role !== TEMPLATE && Math.abs(score) > top) top = Math.abs(score);
  }
  return top;
}

/** What the longest bar stands for: its score, with room for its whisker. */
export function reach(influences: readonly Influence[]): number {
  const far = influences.map((influence) => ({
    ...influence,
    score: Math.abs(influence.score) + (influence.standard_error ?? 0),
  }));
  return largest(far);
}

export function spanOf(influence: Influence): Span {
  return [influence.start, influence.stop];
}

/** The segments that somebody wrote. */
export function written(influences: readonly Influence[]): Influence[] {
  return influences.filter(({ role }) => role !== TEMPLATE);
}
