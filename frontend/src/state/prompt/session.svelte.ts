/** What the person typed and chose. All of it survives a reload. */
import type { Aggregate, GenerationOptions, Granularity, ParameterValue, Span } from "../../wire";
import { BLANK, type Draft } from "../../model/draft";
import type { Foil } from "../findings/question";
import type { Store } from "../../host/store";

const PART = "session";
const WAIT = 400;

export type Paint = "tint" | "underline";
export type Density = "comfortable" | "compact";

/** Everything that is saved, with what a first visit starts from. */
interface Saved {
  /** Key of the example the draft came from; null for a blank page. */
  example: string | null;
  draft: Draft;
  /** Edited drafts of other examples, put aside until they are picked again. */
  aside: Record<string, Draft>;
  options: GenerationOptions | null;
  model: string | null;
  method: string | null;
  /** The method compared with, side by side. */
  rival: string | null;
  params: Record<string, Record<string, ParameterValue>>;
  granularity: Granularity;
  pattern: string;
  /** From coarse to fine, measuring at most `budget` segments. */
  coarse: boolean;
  budget: number;
  aggregate: Aggregate;
  intensity: number;
  paint: Paint;
  density: Density;
  /** What was being explained: a span of tokens of an answer, against a foil or not. */
  target: { answer: number; span: Span; foil?: Foil | null } | null;
  /** Another answer, as far as it was typed. */
  foilText: string;
}

const FIRST: Saved = {
  example: null,
  draft: BLANK,
  aside: {},
  options: null,
  model: null,
  method: null,
  rival: null,
  params: {},
  granularity: "line",
  pattern: "",
  coarse: false,
  budget: 256,
  aggregate: "sum",
  intensity: 1,
  paint: "tint",
  density: "comfortable",
  target: null,
  foilText: "",
};

export class Session {
  #saved = $state.raw<Saved>(FIRST);
  // One at a time, so that typing wakes nothing that only looks at the colours.
  readonly example = $derived(this.#saved.example);
  readonly draft = $derived(this.#saved.draft);
  readonly options = $derived(this.#saved.options);
  readonly model = $derived(this.#saved.model);
  readonly method = $derived(this.#saved.method);
  readonly rival = $derived(this.#saved.rival);
  readonly coarse = $derived(this.#saved.coarse);
  readonly budget = $derived(this.#saved.budget);
  readonly granularity = $derived(this.#saved.granularity);
  readonly pattern = $derived(this.#saved.pattern);
  readonly aggregate = $derived(this.#saved.aggregate);
  readonly intensity = $derived(this.#saved.intensity);
  readonly paint = $derived(this.#saved.paint);
  readonly density = $derived(this.#saved.density);
  readonly target = $derived(this.#saved.target);
  readonly foilText = $derived(this.#saved.foilText);

  /** The last write did not fit: the person should know. */
  unkept = $state(false);
  /** True if nothing had been saved before. */
  readonly first: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ready: Promise<void>;

  constructor(readonly store: Store) {
    const found = store.read(PART);
    this.first = typeof found !== "object" || found === null;
    if (!this.first) this.#saved = { ...FIRST, ...wellFormed(found as Partial<Saved>) };
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

  /** Begin with another example (or none), putting an edited draft aside under the old one. */
  open(example: string | null, fresh: Draft, edited: boolean): void {
    const aside = { ...this.#saved.aside };
    const old = this.#saved.example ?? "";
    if (edited) aside[old] = this.#saved.draft;
    else delete aside[old];
    const kept = aside[example ?? ""];
    this.set({ example, draft: kept ?? fresh, aside });
  }

  hasAside(example: string): boolean {
    return example in this.#saved.aside;
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
    this.unkept = !this.store.write(PART, this.#saved);
  }
}

/** The fields that have the type they should: an older version's leftovers do no harm. */
function wellFormed(found: Partial<Saved>): Partial<Saved> {
  const sound = Object.entries(found).filter(([key, value]) => {
    const like: unknown = FIRST[key as keyof Saved];
    if (like === undefined) return false;
    return like === null ? true : typeof value === typeof like && value !== null;
  });
  const saved = Object.fromEntries(sound) as Partial<Saved>;
  if (saved.draft && !Array.isArray(saved.draft.messages)) delete saved.draft;
  return saved;
}
