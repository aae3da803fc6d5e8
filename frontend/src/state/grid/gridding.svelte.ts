/** Variants of a prompt over rows: what is tried, the job that tries it, and its cells. */
import type { RecordStore } from "../../host/store";
import type { Transport } from "../../host/transport";
import {
  type Asked,
  type GridSetup,
  namesIn,
  NO_GRID,
  placeOfCell,
  type Question,
  questionOf,
  requestOf,
  rowsOf,
  sampleOptions,
} from "../../model/grid";
import { promptReference } from "../../model/answer";
import { newId } from "../../model/ids";
import type { KeptGrid } from "../../model/keptgrid";
import type { Example } from "../../model/example";
import type { Cell, Event, Prompt, Requests, Sample, VariantFound } from "../../wire";
import type { Choices } from "../choices.svelte";
import { Cells } from "./cells.svelte";
import { Grids } from "./grids.svelte";
import { Foreseen, vary } from "./varying.svelte";
import { Job, type Watcher } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Written } from "../showing";

const KEEP = 10_000; // ms between two saves of a grid that is being filled

type GridFile = Extract<Event<"write_grid">, { type: "grid_written" }>;

/** The rest of the page, as a grid needs it. */
export interface Around {
  /** The prompt of the page. */
  readonly prompt: () => Prompt;
  /** Look into an answer. */
  readonly show: (answer: Written) => void;
}

export class Gridding {
  readonly job: Job;
  readonly opening: Job;
  readonly writing: Job;
  readonly grids: Grids;
  readonly foreseen: Foreseen;
  /** The id of the one that is shown; "" while there is none. */
  shown = $state("");
  /** What was set up and shown before an earlier grid took its place. */
  before = $state.raw<{ readonly setup: GridSetup; readonly shown: string } | null>(null);
  /** One that was asked for is not there any more, or is none that this version can show. */
  gone = $state(false);
  asked = $state.raw<Asked | null>(null);
  readonly cells = new Cells();
  /** What was found over rows, once all cells are known. */
  found = $state.raw<readonly VariantFound[] | null>(null);
  /** So many rows could not be brought here. */
  leftOut = $state(0);
  /** From the press on Run to the end of it. */
  running = $state(false);
  readonly setup: GridSetup = $derived.by(() => this.session.grid);
  readonly template: Prompt = $derived.by(() => this.setup.template ?? this.around.prompt());
  readonly #names: string = $derived.by(() => namesIn(this.setup, this.template).join(" "));
  /** What the columns of the rows are. */
  readonly variables: readonly string[] = $derived(this.#names ? this.#names.split(" ") : []);
  /** What would be asked now; null while there is nobody to ask. */
  readonly question: Question | null = $derived.by(() => {
    const { model, options } = this.choices;
    if (!model || !options) return null;
    const { setup, template, variables } = this;
    const stop = [...(setup.stop ?? options.stop ?? [])];
    return questionOf(setup, template, variables, model.name, { ...options, stop });
  });
  /** What was asked is not what would be asked now. */
  readonly stale: boolean = $derived.by(() => {
    const { asked, question } = this;
    if (!asked || !question) return false;
    return JSON.stringify({ ...asked, variants: undefined }) !== JSON.stringify(question);
  });
  #turn = 0;
  /** When the one that is shown was kept last. */
  #keptAt = 0;

  constructor(
    transport: Transport,
    watcher: Watcher,
    store: RecordStore,
    private readonly session: Session,
    private readonly choices: Choices,
    private readonly around: Around,
  ) {
    this.grids = new Grids(store);
    this.foreseen = new Foreseen(transport, watcher, () => this.question);
    this.job = new Job(transport, watcher);
    this.opening = new Job(transport, watcher);
    this.writing = new Job(transport, watcher);
  }

  set(change: Partial<GridSetup>): void {
    this.session.set({ grid: { ...this.setup, ...change } });
  }

  /**
   * Have these examples as rows; where the template has no variables, it is their prompts. Chats,
   * and those without something for a variable, are left out; how many are there.
   */
  bring(examples: readonly Example[]): number {
    const none = this.variables.length === 0;
    const rows = rowsOf(examples, none ? ["prompt"] : this.variables);
    if (rows.length === 0) return 0;
    this.leftOut = examples.length - rows.length;
    this.set({ rows, ...(none && { template: "{prompt}" }) });
    return rows.length;
  }

  async run(): Promise<void> {
    const { question } = this;
    if (!question || question.rows.length === 0) return;
    // From now on it is not the page's prompt that is tried, nor where that one's answers end.
    this.set({ template: question.template, stop: question.options.stop ?? [] });
    this.running = true;
    this.leftOut = 0;
    this.before = null;
    this.gone = false;
    const turn = ++this.#turn;
    const variants = await vary(this.job, question);
    if (variants && turn === this.#turn) await this.#fill({ ...question, variants });
    if (turn === this.#turn) this.running = false;
  }

  /** What is known stays, here and with the model: to go on is to run it again. */
  stop(): void {
    this.#turn += 1;
    this.running = false;
    this.job.cancel();
    this.cells.draw();
    this.#keep();
  }

  /** Show what was shown when the person was here last. */
  async restore(): Promise<void> {
    const { shownGrid } = this.session;
    if (!shownGrid || this.asked || this.running) return;
    const grid = await this.grids.read(shownGrid);
    if (grid && !this.asked && !this.running) this.#show(shownGrid, grid);
  }

  /** Show one that was run before, set up as it was; what was set up stays within reach. */
  async show(id: string): Promise<void> {
    if (id === this.shown) return;
    const grid = await this.grids.read(id);
    this.gone = grid === null;
    if (!grid || id === this.shown) return;
    if (this.running) this.stop();
    const { setup, shown } = this;
    const isNew = JSON.stringify(setup) === JSON.stringify(NO_GRID);
    this.before = shown || !isNew ? { setup, shown } : null;
    this.set(grid.setup);
    this.#show(id, grid);
  }

  /** Back to what an earlier grid took the place of. */
  async back(): Promise<void> {
    const { before } = this;
    if (!before) return;
    const grid = before.shown ? await this.grids.read(before.shown) : null;
    this.before = null;
    this.set(before.setup);
    if (grid) this.#show(before.shown, grid);
    else this.#clear();
  }

  /** Forget one; if it is shown, it goes out of sight. */
  async drop(id: string): Promise<void> {
    if (this.before?.shown === id) this.before = { ...this.before, shown: "" };
    if (id === this.shown) this.#clear();
    await this.grids.drop(id);
  }

  /** Look into an answer, the one of so many of its cell, as it was written. */
  async open({ prompt }: Cell, { finish_reason, ids }: Sample, number: number): Promise<void> {
    if (!this.asked || prompt == null || ids.length === 0) return;
    const { model } = this.asked;
    const options = sampleOptions(this.asked.options, number);
    const reference = { ...promptReference(prompt, [], options), finish_reason };
    await this.opening.run("respond", { model, reference, response: ids }, (event) => {
      // Who went on to something else does not want to be taken away from there.
      if (event.type === "generation" && this.session.view === "grid") this.around.show(event);
    });
  }

  /** What is known of the one that is shown, as a file; null if it could not be made. */
  async write(form: Requests["write_grid"]["form"]): Promise<GridFile | null> {
    const { asked } = this;
    if (!asked) return null;
    const { answer, find, is_pattern, model, options, rows, variants } = asked;
    const cells = this.cells.known.flatMap((cell) => cell ?? []);
    const request = { model, options, find, is_pattern, answer, cells, form };
    let written = null as GridFile | null;
    await this.writing.run(
      "write_grid",
      { ...request, variants: [...variants], rows: rows.map(({ id }) => id) },
      (event) => {
        if (event.type === "grid_written") written = event;
      },
    );
    return written;
  }

  async #fill(asked: Asked): Promise<void> {
    const { variants } = asked;
    let begun = false;
    await this.job.run("grid", requestOf(asked, variants), (event) => {
      const isAccepted = event.type !== "queued" && event.type !== "model";
      if (isAccepted && !begun) this.#begin(asked); // what there was stays until then
      begun ||= isAccepted;
      if (event.type === "cell") {
        this.cells.take(placeOfCell(event.cell, variants.length), event.cell);
        if (Date.now() - this.#keptAt > KEEP) this.#keep();
      }
      if (event.type === "grid") this.found = event.variants;
    });
    this.cells.draw();
    if (begun) this.#keep();
  }

  #begin(asked: Asked): void {
    // To go on with one that was stopped is no other grid.
    this.#keptAt = Date.now();
    if (this.shown && JSON.stringify(asked) === JSON.stringify(this.asked)) return;
    this.shown = newId();
    this.asked = asked;
    this.found = null;
    this.cells.set(Array<null>(asked.variants.length * asked.rows.length).fill(null));
    this.session.set({ shownGrid: this.shown });
  }

  #show(id: string, { asked, cells, found }: KeptGrid): void {
    this.shown = id;
    this.asked = asked;
    this.found = found;
    this.cells.set(cells);
    this.grids.state = "saved";
    this.session.set({ shownGrid: id });
  }

  #clear(): void {
    this.shown = "";
    this.asked = this.found = null;
    this.cells.set([]);
    this.grids.state = null;
    this.session.set({ shownGrid: "" });
  }

  /** What is known by now outlives the page. */
  #keep(): void {
    const { asked, found, shown, setup } = this;
    this.#keptAt = Date.now();
    const cells = this.cells.known;
    if (!asked || cells.every((cell) => cell === null)) return;
    void this.grids.keep(shown, {
      setup: { ...setup, template: asked.template },
      asked,
      cells,
      found,
    });
  }
}
