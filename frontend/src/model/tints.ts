/** The colours of a map on the prompt's text, as it is typed on. */
import { diffLines } from "diff";
import type { Tint } from "../host/editor";
import type { Prompt } from "../wire";
import type { Paint } from "./appearance";
import type { Chip } from "./chips";
import { step } from "./colours";
import { TEMPLATE } from "./ranking";

/** The tints of a text, by its own offsets. */
export interface Tinted {
  readonly text: string;
  readonly tints: readonly Tint[];
}

/** Where a chip stands in a text of the prompt. */
export interface Place {
  readonly chip: number;
  readonly from: number;
  readonly to: number;
}

/** Longer texts are not compared: whoever typed so much sees the colours after the next map. */
const MOST_COMPARED = 400_000;

/**
 * Where the chips stand, by text: the prompt's one, or one for each message.
 *
 * A template may take the blanks around a message away, and put texts of its own between two.
 * A text that is not found among the chips has none.
 */
export function placesOf(chips: readonly Chip[], prompt: Prompt): readonly (readonly Place[])[] {
  const own: { chip: number; from: number }[] = [];
  let whole = "";
  for (const [i, { mark, role, text }] of chips.entries()) {
    if (mark || role === TEMPLATE) continue;
    own.push({ chip: i, from: whole.length });
    whole += text;
  }
  let cursor = 0;
  let at = 0; // of own chips
  return textsOf(prompt).map((text) => {
    const trimmed = text.trim();
    const start = trimmed ? whole.indexOf(trimmed, cursor) : -1;
    if (start < 0) return [];
    const shift = text.indexOf(trimmed) - start;
    cursor = start + trimmed.length;
    const places: Place[] = [];
    while (at > 0 && (own[at]?.from ?? Infinity) > start) at--;
    for (; at < own.length && own[at]!.from < cursor; at++) {
      const { chip, from } = own[at]!;
      const to = from + chips[chip]!.text.length;
      if (to <= start) continue;
      places.push({
        chip,
        from: Math.max(0, from + shift),
        to: Math.min(text.length, to + shift),
      });
    }
    return places;
  });
}

/** The texts of a prompt, as its chips are drawn; neighbours of one colour are one tint. */
export function tintedTexts(
  prompt: Prompt,
  places: readonly (readonly Place[])[],
  strengths: Float32Array,
  table: readonly string[],
  signed: boolean,
  paint: Paint,
): Tinted[] {
  const property = paint === "tint" ? "background-color:" : "border-bottom: 3px solid";
  return textsOf(prompt).map((text, i) => {
    const tints: { from: number; to: number; style: string }[] = [];
    for (const { chip, from, to } of places[i] ?? []) {
      const colour = table[step(strengths[chip] ?? 0, signed)]!;
      if (colour === "transparent") continue;
      const style = `${property} ${colour}`;
      const last = tints.at(-1);
      if (last?.style === style && last.to === from) last.to = to;
      else tints.push({ from, to, style });
    }
    return { text, tints };
  });
}

function textsOf(prompt: Prompt): string[] {
  return typeof prompt === "string" ? [prompt] : prompt.map(({ content }) => content);
}

/** The tints of the lines that a later text has still. */
export function carriedOver({ text, tints }: Tinted, later: string): readonly Tint[] {
  if (text === later || tints.length === 0) return tints;
  if (text.length + later.length > MOST_COMPARED) return [];
  const carried: Tint[] = [];
  let [before, after, next] = [0, 0, 0];
  for (const { value, added, removed } of diffLines(text, later)) {
    if (added) {
      after += value.length;
      continue;
    }
    const end = before + value.length;
    const shift = after - before;
    for (; next < tints.length && tints[next]!.from < end; next++) {
      const { from, to, style } = tints[next]!;
      const [first, last] = [Math.max(from, before), Math.min(to, end)];
      if (!removed) carried.push({ from: first + shift, to: last + shift, style });
      if (to > end) break; // it goes on in the next piece
    }
    before = end;
    if (!removed) after += value.length;
  }
  return carried;
}
