/** The panes beside what is looked at: how wide they are, and which are folded away. */

export const SIDES = ["library", "findings"] as const;
export type Side = (typeof SIDES)[number];

export interface SidePane {
  /** Pixels; null is the usual width. */
  readonly width: number | null;
  readonly folded: boolean;
}

export type Layout = Readonly<Record<Side, SidePane>>;

export const USUAL: SidePane = { width: null, folded: false };
export const LAYOUT: Layout = { library: USUAL, findings: USUAL };

/** px: what is in them needs so much. */
export const LEAST: Readonly<Record<Side, number>> = { library: 200, findings: 280 };
const FOLD = 0.5; // of that: who drags it that narrow wants it away
/** px: with both beside it, the middle keeps so much. */
const MIDDLE = 480;
const ALL_THREE = 1240; // px
const MOST = 0.42; // of the whole, where only one is beside it

/** What was kept, as far as it is one. */
export function asLayout(kept: unknown): Layout {
  const pane = (side: Side): SidePane => {
    const { folded, width } = ((kept ?? {}) as Partial<Layout>)[side] ?? USUAL;
    return { width: Number.isFinite(width) ? width : null, folded: folded === true };
  };
  return { library: pane("library"), findings: pane("findings") };
}

/** A pane after its edge was dragged to make it so wide, of so much. */
export function dragged(side: Side, pane: SidePane, wanted: number, whole: number): SidePane {
  if (wanted < FOLD * LEAST[side]) return { ...pane, folded: true };
  return { width: fitting(side, wanted, whole), folded: false };
}

/** A pane after a key made it wider or narrower; at the end of that it folds. */
export function stepped(
  side: Side,
  pane: SidePane,
  wanted: number,
  now: number,
  whole: number,
): SidePane {
  if (pane.folded) return { ...pane, folded: wanted <= now };
  if (wanted < now && now <= LEAST[side]) return { ...pane, folded: true };
  return { width: fitting(side, wanted, whole), folded: false };
}

function fitting(side: Side, width: number, whole: number): number {
  const most = whole < ALL_THREE ? MOST * whole : (whole - MIDDLE) / 2;
  return Math.round(Math.max(LEAST[side], Math.min(most, width)));
}
