/** Where a person is on the page, as a link tells it: no word of theirs is in it, nor any key. */

export const VIEWS = ["look", "compare", "grid", "table", "review"] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Place {
  readonly view: ViewName;
  /** By their ids: the one that is looked at, or those beside each other; of grids, the grid. */
  readonly runs: readonly string[];
}

/** What stands behind the address; "" where there is nothing to come back to. */
export function linkTo({ view, runs }: Place): string {
  if (view === "look" && runs.length === 0) return "";
  return `#${view}=${runs.map(encodeURIComponent).join(",")}`;
}

/** Null if it leads to no place. */
export function placeOf(link: string): Place | null {
  const [name, list = ""] = link.replace(/^#/, "").split("=");
  const view = VIEWS.find((one) => one === name);
  const runs = [...new Set(list.split(",").flatMap(decoded))];
  return view && (view !== "look" || runs.length > 0) ? { view, runs } : null;
}

function decoded(text: string): string[] {
  try {
    return text === "" ? [] : [decodeURIComponent(text)];
  } catch {
    return []; // cut off in the middle of a character
  }
}
