/** What the person typed and chose. All of it survives a reload. */
import type { Store } from "../../host/store";
import type { Density, Paint } from "../../model/appearance";
import type { Draft } from "../../model/draft";
import type { Side, SidePane } from "../../model/layout";
import type { ViewName } from "../../model/place";
import type { Aggregate, GenerationOptions, Measure, ParameterValue, Scope } from "../../wire";
import { FIRST, type Saved, savedOf } from "./saved";

const PART = "session";
const WAIT = 400;

export class Session {
  #saved = $state.raw<Saved>(FIRST);
  // One at a time, so that typing wakes nothing that only looks at the colours.
  readonly example = $derived(this.#saved.example);
  readonly draft = $derived(this.#saved.draft);
  readonly options = $derived(this.#saved.options);
  readonly model = $derived(this.#saved.model);
  readonly method = $derived(this.#saved.method);
  readonly comparison = $derived(this.#saved.comparison);
  readonly measure = $derived(this.#saved.measure);
  readonly samples = $derived(this.#saved.samples);
  readonly matching = $derived(this.#saved.matching);
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
  readonly shownGrid = $derived(this.#saved.shownGrid);
  readonly table = $derived(this.#saved.table);
  readonly batch = $derived(this.#saved.batch);
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
    if (!this.first) this.#saved = savedOf(stored as object);
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

  setMeasure(measure: Measure): void {
    this.set({ measure });
  }

  setSamples(samples: number): void {
    this.set({ samples });
  }

  setMatching(matching: string): void {
    this.set({ matching });
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
