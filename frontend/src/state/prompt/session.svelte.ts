/** What the person typed and chose. All of it survives a reload. */
import type { Store } from "../../host/store";
import type { Density, Paint } from "../../model/appearance";
import { BLANK, type Draft } from "../../model/draft";
import { type GridSetup, NO_GRID } from "../../model/grid";
import { type ViewName, VIEWS } from "../../model/place";
import { asLayout, type Layout, LAYOUT, type Side, type SidePane } from "../../model/layout";
import type { Foil } from "../../model/question";
import type { Unsaid } from "../../model/review";
import type {
  Aggregate,
  GenerationOptions,
  Granularity,
  ParameterValue,
  Scope,
  Span,
} from "../../wire";

const PART = "session";
const WAIT = 400;

/** Everything that is saved, with what a first visit starts from. */
interface Saved {
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
  /** What is typed of runs and not kept yet, by their ids. */
  unsaid: Readonly<Record<string, Unsaid>>;
  /** The link to what was shown last: with it in the address, a page goes on where it was. */
  link: string;
  /** Dropped while it was seen: it does not come back as long as nothing else is; "" if none was. */
  unwantedRun: string;
}

const FIRST: Saved = {
  example: null,
  draft: BLANK,
  stashedDrafts: {},
  options: null,
  model: null,
  method: null,
  comparison: null,
  params: {},
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
  unsaid: {},
  link: "",
  unwantedRun: "",
};

export class Session {
  #saved = $state.raw<Saved>(FIRST);
  // One at a time, so that typing wakes nothing that only looks at the colours.
  readonly example = $derived(this.#saved.example);
  readonly draft = $derived(this.#saved.draft);
  readonly options = $derived(this.#saved.options);
  readonly model = $derived(this.#saved.model);
  readonly method = $derived(this.#saved.method);
  readonly comparison = $derived(this.#saved.comparison);
  readonly coarse = $derived(this.#saved.coarse);
  readonly budget = $derived(this.#saved.budget);
  readonly granularity = $derived(this.#saved.granularity);
  readonly pattern = $derived(this.#saved.pattern);
  readonly aggregate = $derived(this.#saved.aggregate);
  readonly scope = $derived(this.#saved.scope);
  readonly intensity = $derived(this.#saved.intensity);
  readonly paint = $derived(this.#saved.paint);
  readonly density = $derived(this.#saved.density);
  readonly dock = $derived(this.#saved.dock);
  readonly layout = $derived(this.#saved.layout);
  readonly target = $derived(this.#saved.target);
  readonly foilText = $derived(this.#saved.foilText);
  readonly view = $derived(this.#saved.view);
  readonly compared = $derived(this.#saved.compared);
  readonly trying = $derived(this.#saved.trying);
  readonly grid = $derived(this.#saved.grid);
  readonly unsaid = $derived(this.#saved.unsaid);
  readonly link = $derived(this.#saved.link);
  readonly unwantedRun = $derived(this.#saved.unwantedRun);

  /** The last write did not fit: the person should know. */
  saveFailed = $state(false);
  /** True if nothing had been saved before. */
  readonly first: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ready: Promise<void>;

  constructor(readonly store: Store) {
    const stored = store.read(PART);
    this.first = typeof stored !== "object" || stored === null;
    if (!this.first) this.#saved = { ...FIRST, ...wellFormed(renamed(stored as Stored)) };
    this.#ready = store.ready();
  }

  paramsOf(method: string): Record<string, ParameterValue> {
    return this.#saved.params[method] ?? {};
  }

  setParams(method: string, params: Record<string, ParameterValue>): void {
    this.set({ params: { ...this.#saved.params, [method]: params } });
  }

  /** Change some of it; it is written once the person pauses. */
  set(change: Partial<Saved>): void {
    this.#saved = { ...this.#saved, ...change };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), WAIT);
  }

  /** Put the draft aside under its example. */
  stash(): void {
    const stashedDrafts = { ...this.#saved.stashedDrafts, [this.example ?? ""]: this.draft };
    this.set({ stashedDrafts });
  }

  /**
   * Begin with another example (or none), stashing an edited draft under the old one; null leaves
   * what was stashed there.
   */
  open(example: string | null, fresh: Draft, edited: boolean | null): void {
    const stashedDrafts = { ...this.#saved.stashedDrafts };
    const old = this.#saved.example ?? "";
    if (edited) stashedDrafts[old] = this.#saved.draft;
    else if (edited === false) delete stashedDrafts[old];
    this.set({ example, draft: stashedDrafts[example ?? ""] ?? fresh, stashedDrafts });
  }

  hasStashed(example: string): boolean {
    return example in this.#saved.stashedDrafts;
  }

  setOptions(options: Partial<GenerationOptions> | null): void {
    this.set({ options });
  }

  /** Where answers end, another example knows better. */
  forgetStops(): void {
    if (!this.options?.stop) return;
    const options = { ...this.options };
    delete options.stop;
    this.setOptions(Object.keys(options).length > 0 ? options : null);
  }

  setView(view: ViewName): void {
    this.set({ view });
  }

  setMethod(method: string): void {
    this.set({ method });
  }

  /** Show another method's map of the same target beside this one; null to leave. */
  compareWith(comparison: string | null): void {
    this.set({ comparison });
  }

  setCoarse(coarse: boolean): void {
    this.set({ coarse });
  }

  setAggregate(aggregate: Aggregate): void {
    this.set({ aggregate });
  }

  setScope(scope: Scope): void {
    this.set({ scope });
  }

  setIntensity(intensity: number): void {
    this.set({ intensity });
  }

  setPaint(paint: Paint): void {
    this.set({ paint });
  }

  setDensity(density: Density): void {
    this.set({ density });
  }

  setDock(dock: number | null): void {
    this.set({ dock });
  }

  setPane(side: Side, pane: SidePane): void {
    this.set({ layout: { ...this.layout, [side]: pane } });
  }

  /** Remember what is being explained; that it is the same still is nothing to write. */
  keepTarget(target: Saved["target"], foilText: string): void {
    const before = JSON.stringify([this.target, this.foilText]);
    if (JSON.stringify([target, foilText]) !== before) this.set({ target, foilText });
  }

  /** There was no room for something else that should be kept. */
  failSaving(): void {
    this.saveFailed = true;
  }

  /** Write now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#ready;
    this.writeNow();
  }

  /** Write without waiting for anything, as a page that is being closed must. */
  writeNow(): void {
    clearTimeout(this.#timer);
    this.saveFailed = !this.store.write(PART, this.#saved);
  }
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
  if (!Array.isArray(saved.compared)) delete saved.compared;
  if (saved.view && !VIEWS.includes(saved.view)) delete saved.view; // a later version's
  if (saved.draft && !Array.isArray(saved.draft.messages)) delete saved.draft;
  if (saved.layout) saved.layout = asLayout(saved.layout);
  if (saved.grid) saved.grid = { ...NO_GRID, ...saved.grid };
  const lists = saved.grid && [saved.grid.rows, saved.grid.own, saved.grid.principles];
  if (!lists?.every(Array.isArray) || !saved.grid?.rows.every((row) => row?.fields)) {
    delete saved.grid;
  }
  return saved;
}
