/** A run as one of several beside each other. */
import type { Attribution, Explanation, Span } from "../wire";
import { type Answer, chipsOfAnswer, withoutMaps } from "./answer";
import type { Chip } from "./chips";
import { largest } from "./ranking";
import { idsOf, type Seen } from "./run";
import { asShown, type Cut } from "./shown";

/** Its chips: what the model read, and what it wrote. */
export interface Sides {
  readonly prompt: readonly Chip[];
  readonly answer: readonly Chip[];
}

export function sidesOf(answer: Answer): Sides {
  const chips = chipsOfAnswer(answer);
  const at = chips.findIndex((chip) => chip.start >= answer.promptLength);
  return at < 0
    ? { prompt: chips, answer: [] }
    : { prompt: chips.slice(0, at), answer: chips.slice(at) };
}

/** What was asked about; without that, the whole answer. */
export function targetOf({ answer, target }: Seen): Span {
  return target ?? [answer.promptLength, answer.tokens.length];
}

/** As the server would tell it, with the map as it is shown; without one if there is none. */
export function explanationOf({ answer, explanation }: Seen, map: Attribution | null): Explanation {
  return explanation && map ? { ...explanation, attributions: [map] } : withoutMaps(answer);
}

/** Its map in the units that are chosen, as far as it can be cut that way. */
export function mapOf(
  { answer, explanation }: Seen,
  choice: Pick<Cut, "granularity" | "pattern" | "aggregate">,
): Attribution | null {
  const map = explanation?.attributions[0];
  if (!map) return null;
  const spans =
    choice.granularity === "custom" ? null : (answer.segmentations[choice.granularity] ?? null);
  return asShown(map, { ...choice, chips: chipsOfAnswer(answer), spans });
}

/** What the strongest colour stands for in all of them; null if they have no scale in common. */
export function scaleOf(maps: readonly (Attribution | null)[]): number | null {
  const there = maps.filter((map) => map !== null);
  const [first, ...others] = there;
  if (!first || others.some((map) => !isLike(map, first))) return null;
  return Math.max(...there.map(({ segments }) => largest(segments))) || null;
}

function isLike(a: Attribution, b: Attribution): boolean {
  return (
    a.method === b.method &&
    a.granularity === b.granularity &&
    (a.share == null) === (b.share == null) &&
    (a.target.foil == null) === (b.target.foil == null) &&
    JSON.stringify(a.params) === JSON.stringify(b.params)
  );
}

/** The same for runs of which the same is said beside each other. */
export function keyOfRun(seen: Seen, map: Attribution | null): string {
  const made = map && [map.method, map.params, map.granularity, map.pattern, map.aggregate];
  return JSON.stringify([idsOf(seen).id, made]);
}

export function isOfOneAnswer(a: Seen, b: Seen): boolean {
  return idsOf(a).answer === idsOf(b).answer;
}

/** The one that the others are compared with, and the latest of those. */
export function limited([first, ...others]: readonly string[], most: number): string[] {
  return first === undefined ? [] : [first, ...others.slice(Math.max(0, others.length + 1 - most))];
}
