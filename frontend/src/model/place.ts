/** Where a person is on the page, as a link tells it: no word of theirs is in it, nor any key. */
import type { Span } from "../wire";

export const VIEWS = ["look", "compare", "grid", "table", "batch", "review"] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Place {
  readonly view: ViewName;
  /**
   * By their ids: the one that is looked at, or those beside each other; of grids, the grid. A
   * batch by its name, and which of its runs is read.
   */
  readonly runs: readonly string[];
  /** Parts that are muted, as spans of tokens; of the one that is looked at. */
  readonly mutes?: readonly Span[];
}

const MUTES = ";mute=";

/** What stands behind the address; "" where there is nothing to come back to. */
export function linkTo({ view, runs, mutes = [] }: Place): string {
  if (view === "look" && runs.length === 0) return "";
  const muted = mutes.length > 0 ? MUTES + mutes.map((span) => span.join("-")).join(",") : "";
  return `#${view}=${runs.map(encodeURIComponent).join(",")}${muted}`;
}

/** Null if it leads to no place. */
export function placeOf(link: string): Place | null {
  const [address = "", muted = ""] = link.replace(/^#/, "").split(MUTES);
  const [name, list = ""] = address.split("=");
  const view = VIEWS.find((one) => one === name);
  const runs = [...new Set(list.split(",").flatMap(decoded))];
  if (!view || (view === "look" && runs.length === 0)) return null;
  const mutes = muted.split(",").flatMap(spanOf);
  return { view, runs, ...(mutes.length > 0 && { mutes }) };
}

function spanOf(text: string): Span[] {
  const found = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  return found ? [[Number(found[1]), Number(found[2])]] : [];
}

function decoded(text: string): string[] {
  try {
    return text === "" ? [] : [decodeURIComponent(text)];
  } catch {
    return []; // cut off in the middle of a character
  }
}
