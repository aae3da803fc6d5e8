/** Segments with their scores, in the order of how much they mattered. */
import type { ScoredSegment, Scope, Span } from "../wire";

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

/** Those of the prompt, of the answer, or both. */
export function within(
  influences: readonly Influence[],
  scope: Scope,
  promptLength: number,
): readonly Influence[] {
  if (scope === "both") return influences;
  return influences.filter(({ start }) => start >= promptLength === (scope === "response"));
}

/** How much of all scores, by magnitude, is the answer's own: 0 to 1. */
export function answersShare(influences: readonly Influence[], promptLength: number): number {
  let [all, own] = [0, 0];
  for (const { score, start } of written(influences)) {
    all += Math.abs(score);
    if (start >= promptLength) own += Math.abs(score);
  }
  return all > 0 ? own / all : 0;
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

/** Chance may have made its score: the interval that is known of it holds 0. */
export function isUnsure({
  interval,
  role,
}: Pick<Influence, "interval"> & { role?: string }): boolean {
  return role !== TEMPLATE && interval != null && interval[0] <= 0 && interval[1] >= 0;
}

export function spanOf(influence: Influence): Span {
  return [influence.start, influence.stop];
}

/** The segments that somebody wrote. */
export function written(influences: readonly Influence[]): Influence[] {
  return influences.filter(({ role }) => role !== TEMPLATE);
}
