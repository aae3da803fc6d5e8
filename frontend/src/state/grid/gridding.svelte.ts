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
import type { Cell, Prompt, Requests, Sample, VariantFound } from "../../wire";
import type { Choices } from "../choices.svelte";
import { Cells } from "./cells.svelte";
import { fileOf, type GridFile } from "./file";
import { Grids } from "./grids.svelte";
import { Foreseen, vary } from "./varying.svelte";
import { Job, type Watcher } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Written } from "../showing";

const KEEP = 10_000; // ms between two saves of a grid that is being filled

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
  before = $state.raw<Before | null>(null);
  /** One that was asked for is not there, or is none that this version can show; or nobody answered. */
  trouble = $state<"gone" | "unread" | null>(null);
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
  /** How the one that is shown was set up. */
  #setup: GridSetup = NO_GRID;
  /** Cells of this run came. */
  #begun = false;
  #reading = 0;

  constructor(
    transport: Transport,
    watcher: Watcher,
    store: RecordStore,
    private readonly session: Session,
    private readonly choices: Choices,
    private readonly around: Around,
  ) {
    this.grids = new Grids(store);
    const remote = () => this.choices.model?.metadata["engine"] === "endpoint";
    this.foreseen = new Foreseen(transport, watcher, () => this.question, remote);
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
    this.trouble = null;
    this.#begun = false;
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
    if (this.#begun) this.#keep();
  }

  /** Show what was shown when the person was here last. */
  async restore(): Promise<void> {
    const { shownGrid } = this.session;
    if (!shownGrid || this.asked || this.running) return;
    const grid = await this.grids.read(shownGrid).catch(() => null);
    if (grid && !this.asked && !this.running) this.#show(shownGrid, grid);
  }

  /** Show one that was run before, set up as it was; what was set up stays within reach. */
  async show(id: string): Promise<void> {
    this.trouble = null;
    const reading = ++this.#reading;
    await this.restore();
    if (id === this.shown) return;
    let grid: KeptGrid | null = null;
    try {
      grid = await this.grids.read(id);
      if (reading === this.#reading) this.trouble = grid ? null : "gone";
    } catch {
      if (reading === this.#reading) this.trouble = "unread";
    }
    if (!grid || reading !== this.#reading) return; // another one was wanted since
    if (this.running) this.stop();
    const { asked, found, setup, shown } = this;
    const typed = !sameSetup(setup, this.before ? this.#setup : NO_GRID);
    if (asked || typed) {
      const now = { setup, shown, asked, found, cells: this.cells.known, state: this.grids.state };
      this.before = this.before && !typed ? this.before : now; // looking on loses nothing typed
    }
    this.session.set({ grid: { ...NO_GRID, ...grid.setup } });
    this.#show(id, grid);
  }

  /** Back to what an earlier grid took the place of. */
  back(): void {
    const { before } = this;
    if (!before) return;
    if (this.running) this.stop();
    this.before = this.trouble = null;
    this.session.set({ grid: before.setup });
    const { asked, cells, found, setup, shown, state } = before;
    if (asked) this.#show(shown, { setup, asked, cells, found }, state);
    else this.#clear();
  }

  /** Forget one; if it is shown, it goes out of sight. */
  async drop(id: string): Promise<void> {
    if (id === this.before?.shown) this.before = { ...this.before, asked: null, shown: "" };
    if (id === this.shown) {
      if (this.running) this.stop();
      this.#clear();
    }
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
  write(form: Requests["write_grid"]["form"]): Promise<GridFile | null> {
    return this.asked
      ? fileOf(this.writing, this.asked, this.cells.known, form)
      : Promise.resolve(null);
  }

  async #fill(asked: Asked): Promise<void> {
    const { variants } = asked;
    await this.job.run("grid", requestOf(asked, variants), (event) => {
      const isAccepted = event.type !== "queued" && event.type !== "model";
      if (isAccepted && !this.#begun) this.#begin(asked); // what there was stays until then
      if (event.type === "cell") {
        this.cells.take(placeOfCell(event.cell, variants.length), event.cell);
        if (Date.now() - this.#keptAt > KEEP) {
          this.cells.draw();
          this.#keep();
        }
      }
      if (event.type === "grid") this.found = event.variants;
    });
    if (!this.#begun) return; // or it was dropped
    this.cells.draw();
    this.#keep();
  }

  #begin(asked: Asked): void {
    this.#begun = true;
    this.#keptAt = 0; // the first cell is saved at once
    this.#setup = this.setup;
    // To go on with one that was stopped is no other grid.
    if (this.shown && JSON.stringify(asked) === JSON.stringify(this.asked)) return;
    this.shown = newId();
    this.asked = asked;
    this.found = null;
    this.grids.state = null;
    this.cells.set(Array<null>(asked.variants.length * asked.rows.length).fill(null));
  }

  #show(
    id: string,
    { asked, cells, found, setup }: KeptGrid,
    state: Grids["state"] = "saved",
  ): void {
    this.job.clear();
    this.shown = id;
    this.asked = asked;
    this.found = found;
    this.#setup = { ...NO_GRID, ...setup };
    this.cells.set(cells);
    this.grids.state = state;
    this.session.set({ shownGrid: id });
  }

  #clear(): void {
    this.#begun = false;
    this.shown = "";
    this.asked = this.found = null;
    this.cells.set([]);
    this.grids.state = null;
    this.session.set({ shownGrid: "" });
  }

  /** What is known by now outlives the page. */
  #keep(): void {
    const { asked, found, shown } = this;
    this.#keptAt = Date.now();
    const cells = this.cells.known;
    if (!asked || cells.every((cell) => cell === null)) return;
    if (shown !== this.session.shownGrid) this.session.set({ shownGrid: shown });
    void this.grids.keep(shown, { setup: this.#setup, asked, cells, found });
  }
}

/** What an earlier grid took the place of. */
interface Before extends Omit<KeptGrid, "asked"> {
  readonly asked: Asked | null;
  readonly shown: string;
  readonly state: Grids["state"];
}

function sameSetup(one: GridSetup, other: GridSetup): boolean {
  return JSON.stringify({ ...NO_GRID, ...one }) === JSON.stringify({ ...NO_GRID, ...other });
}
