/** What of a session is kept, and what is read of what an earlier version kept. */
import type { Density, Paint } from "../../model/appearance";
import { type BatchSetup, NO_BATCH } from "../../model/batch";
import { BLANK, type Draft } from "../../model/draft";
import { type GridSetup, NO_GRID } from "../../model/grid";
import { type TableSetup, NO_TABLE } from "../../model/table";
import { type ViewName, VIEWS } from "../../model/place";
import { asLayout, type Layout, LAYOUT } from "../../model/layout";
import { type Foil, MEASURES } from "../../model/question";
import type { Unsaid } from "../../model/review";
import type {
  Aggregate,
  GenerationOptions,
  Granularity,
  Measure,
  ParameterValue,
  Scope,
  Span,
} from "../../wire";

/** Everything that is saved, with what a first visit starts from. */
export interface Saved {
  /** Key of the example the draft came from; null for a blank page. */
  example: string | null;
  draft: Draft;
  /** Edited drafts of other examples, put aside until they are picked again. */
  stashedDrafts: Record<string, Draft>;
  /** What was chosen of them; of the rest, what is usual. */
  options: Partial<GenerationOptions> | null;
  model: string | null;
  method: string | null;
  /** The method compared with, side by side. */
  comparison: string | null;
  params: Record<string, Record<string, ParameterValue>>;
  /** How likely the target is, or how many answers say it, and of how many answers. */
  measure: Measure;
  samples: number;
  /** A regular expression that those match; "" for the target's words. */
  matching: string;
  granularity: Granularity;
  pattern: string;
  /** From coarse to fine, measuring at most `budget` segments. */
  coarse: boolean;
  budget: number;
  aggregate: Aggregate;
  /** Which influences are listed, told and proved, where the answer has some of its own. */
  scope: Scope;
  intensity: number;
  paint: Paint;
  density: Density;
  /** The answer's share of the text, beside the prompt's; null is as much as it needs. */
  dock: number | null;
  /** Of the panes beside it. */
  layout: Layout;
  /** What was being explained: a span of tokens of an answer, against a foil or not. */
  target: { answer: number; span: Span; foil?: Foil | null } | null;
  /** Another answer, as far as it was typed. */
  foilText: string;
  /** What is shown: one answer and its causes, or runs beside each other. */
  view: ViewName;
  /** Runs beside each other, by their ids: the others are compared with the first. */
  compared: readonly string[];
  /** A change is being tried beside them. */
  trying: boolean;
  /** What is tried over several rows. */
  grid: GridSetup;
  /** The id of the grid that was shown last; "" is none. */
  shownGrid: string;
  /** What is looked for in datasets. */
  table: TableSetup;
  /** What is looked for in a batch, and which of its runs is read. */
  batch: BatchSetup;
  /** What is typed of runs and not kept yet, by their ids. */
  unsaid: Readonly<Record<string, Unsaid>>;
  /** The link to what was shown last: with it in the address, a page goes on where it was. */
  link: string;
  /** Dropped while it was seen: it does not come back as long as nothing else is; "" if none was. */
  unwantedRun: string;
}

export const FIRST: Saved = {
  example: null,
  draft: BLANK,
  stashedDrafts: {},
  options: null,
  model: null,
  method: null,
  comparison: null,
  params: {},
  measure: "log_prob",
  samples: 10,
  matching: "",
  granularity: "line",
  pattern: "",
  coarse: false,
  budget: 256,
  aggregate: "sum",
  scope: "prompt",
  intensity: 1,
  paint: "tint",
  density: "comfortable",
  dock: null,
  layout: LAYOUT,
  target: null,
  foilText: "",
  view: "look",
  compared: [],
  trying: false,
  grid: NO_GRID,
  shownGrid: "",
  table: NO_TABLE,
  batch: NO_BATCH,
  unsaid: {},
  link: "",
  unwantedRun: "",
};

/** What was kept, as far as it can be used; the rest is as on a first visit. */
export function savedOf(stored: object): Saved {
  return { ...FIRST, ...wellFormed(renamed(stored)) };
}

type Stored = Partial<Saved> & { aside?: Saved["stashedDrafts"]; rival?: string | null };

/** What earlier versions kept under other names. */
function renamed({ aside, rival, ...stored }: Stored): Partial<Saved> {
  return {
    ...(aside !== undefined && { stashedDrafts: aside }),
    ...(rival !== undefined && { comparison: rival }),
    ...stored,
  };
}

/** The fields that have the type they should: an older version's leftovers do no harm. */
function wellFormed(stored: Partial<Saved>): Partial<Saved> {
  const sound = Object.entries(stored).filter(([key, value]) => {
    const like: unknown = FIRST[key as keyof Saved];
    if (like === undefined) return false;
    return like === null ? true : typeof value === typeof like && value !== null;
  });
  const saved = Object.fromEntries(sound) as Partial<Saved>;
  const { options } = saved;
  if (options?.stop?.length === 0 && options.max_new_tokens !== undefined) {
    delete options.stop; // all were kept once one was changed: nobody chose to have none
  }
  if (saved.measure && !MEASURES.includes(saved.measure)) delete saved.measure;
  if (!Array.isArray(saved.compared)) delete saved.compared;
  if (saved.view && !VIEWS.includes(saved.view)) delete saved.view; // a later version's
  if (saved.draft && !Array.isArray(saved.draft.messages)) delete saved.draft;
  if (saved.layout) saved.layout = asLayout(saved.layout);
  if (saved.table) saved.table = { ...NO_TABLE, ...saved.table };
  if (saved.batch) saved.batch = { ...NO_BATCH, ...saved.batch };
  if (saved.grid) saved.grid = { ...NO_GRID, ...saved.grid };
  const lists = saved.grid && [
    saved.grid.rows,
    saved.grid.own,
    saved.grid.principles,
    saved.grid.lines,
    saved.grid.words,
  ];
  if (!lists?.every(Array.isArray) || !saved.grid?.rows.every((row) => row?.fields)) {
    delete saved.grid;
  }
  return saved;
}
