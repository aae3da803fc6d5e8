/** Two texts beside each other: which of their chips differ, and what stands in another's place. */
import type { Span } from "../wire";
import type { Chip } from "./chips";
import { difference, type Piece } from "./difference";
import { union } from "./spans";

/** From and to, in characters as JavaScript counts them. */
type Range = readonly [number, number];

export interface Changed {
  /** Tokens of the first text that the second lacks. */
  readonly removed: readonly Span[];
  /** Tokens of the second that the first lacks. */
  readonly added: readonly Span[];
}

/** Which words are other; null if the two differ too much to be told. */
export function changed(before: readonly Chip[], after: readonly Chip[]): Changed | null {
  const pieces = difference(written(before), written(after));
  if (!pieces) return null;
  const [removed, added]: [Range[], Range[]] = [[], []];
  for (const { change, old, now } of placed(pieces)) {
    if (change === "removed") removed.push(old);
    if (change === "added") added.push(now);
  }
  return { removed: spansIn(before, removed), added: spansIn(after, added) };
}

/**
 * Where the second text says what `target` says in the first: in the same place, or nearest to it.
 * If nowhere, what stands in its place; all of it where nothing does, and null where it is empty.
 */
export function counterpart(
  before: readonly Chip[],
  target: Span,
  after: readonly Chip[],
): Span | null {
  const range = rangeOf(before, target);
  const [old, now] = [written(before), written(after)];
  const words = old.slice(...range).trim();
  const inPlace = standsFor(placed(difference(old, now) ?? []), range);
  const same = inPlace && words ? nearest(now.slice(...inPlace), words, 0) : -1;
  const near = same < 0 && words ? nearest(now, words, inPlace?.[0] ?? range[0]) : -1;
  const at = same < 0 ? near : inPlace![0] + same;
  const found = at >= 0 ? ([at, at + words.length] as const) : inPlace;
  return (found && around(spansIn(after, [found]))) ?? around(spansIn(after, [[0, now.length]]));
}

/** What stands in the second text where a range of the first was; null if nothing does. */
function standsFor(pieces: ReturnType<typeof placed>, [from, to]: Range): Range | null {
  let found: Range | null = null;
  let replaced = false; // the piece before is of the range, and is gone
  for (const { change, old, now } of pieces) {
    const inside = old[0] < to && old[1] > from;
    if (change === "same" && inside) {
      const shift = now[0] - old[0];
      found = joined(found, [Math.max(now[0], from + shift), Math.min(now[1], to + shift)]);
    } else if (change === "added" && (replaced || (old[0] > from && old[0] < to))) {
      found = joined(found, now);
    }
    replaced = change === "removed" && inside;
  }
  return found;
}

function joined(a: Range | null, b: Range): Range {
  return a ? [a[0], b[1]] : b;
}

/** The words of chips, but for marks, which stand for none. */
function written(chips: readonly Chip[]): string {
  return chips.map(({ mark, text }) => (mark ? "" : text)).join("");
}

/** Pieces of a difference, with where they are in both texts. */
function placed(pieces: readonly Piece[]) {
  let [old, now] = [0, 0];
  return pieces.map(({ text, change }) => {
    const [oldStart, nowStart] = [old, now];
    if (change !== "added") old += text.length;
    if (change !== "removed") now += text.length;
    return { change, old: [oldStart, old] as Range, now: [nowStart, now] as Range };
  });
}

/** The characters of a span of tokens. */
function rangeOf(chips: readonly Chip[], [start, stop]: Span): Range {
  const before = chips.filter((chip) => chip.stop <= start);
  const until = chips.filter((chip) => chip.start < stop);
  return [written(before).length, written(until).length];
}

/** The place of words in a text that is nearest to `from`; -1 if they are in none. */
function nearest(text: string, words: string, from: number): number {
  let found = -1;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const whole = !cuts(text, at) && !cuts(text, at + words.length);
    if (whole && (found < 0 || Math.abs(at - from) < Math.abs(found - from))) found = at;
  }
  return found;
}

/** Whether a word is cut there. */
function cuts(text: string, at: number): boolean {
  return /[\p{L}\p{N}]$/u.test(text.slice(0, at)) && /^[\p{L}\p{N}]/u.test(text.slice(at));
}

/** The tokens that write something in ranges that are in order; blanks at their ends do not. */
function spansIn(chips: readonly Chip[], ranges: readonly Range[]): Span[] {
  const spans: Span[] = [];
  let [at, next] = [0, 0];
  for (const { mark, start, stop, text } of chips) {
    if (mark) continue;
    const [from, to] = [at, (at += text.length)];
    while (next < ranges.length && ranges[next]![1] <= from) next++;
    let written = false;
    for (let i = next; i < ranges.length && ranges[i]![0] < to; i++) {
      const [first, last] = ranges[i]!;
      written ||= text.slice(Math.max(0, first - from), last - from).trim() !== "";
    }
    if (!written) continue;
    const last = spans.at(-1);
    if (last && last[1] === start) last[1] = stop;
    else spans.push([start, stop]);
  }
  return spans;
}

function around(spans: readonly Span[]): Span | null {
  return spans.length > 0 ? spans.reduce(union) : null;
}
