/** Variants of a prompt over rows: what is tried, the job that tries it, and its cells. */
import type { Transport } from "../host/transport";
import {
  distinct,
  type GridSetup,
  namesIn,
  placeOfCell,
  type Question,
  questionOf,
  requestOf,
  rowsOf,
  sampleOptions,
} from "../model/grid";
import { promptReference } from "../model/answer";
import type { Example } from "../model/example";
import { t } from "../strings";
import type { Cell, Prompt, Sample, Variant, VariantFound } from "../wire";
import type { Choices } from "./choices.svelte";
import { Job, type Watcher } from "./job.svelte";
import type { Session } from "./prompt/session.svelte";
import type { Written } from "./showing";

const PAUSE = 16; // ms between two drawings of cells that came
const AT_ONCE = 5; // cells that are drawn together: more would make the page jerk

/** A grid as it was asked for. */
export interface Asked extends Question {
  readonly variants: readonly Variant[];
}

/** A cell's place: of hundreds, only those that changed are drawn again. */
export class Slot {
  cell = $state.raw<Cell | null>(null);
}

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
  asked = $state.raw<Asked | null>(null);
  /** Every variant's for the first row, then for the second. */
  slots = $state.raw<readonly Slot[]>([]);
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
  readonly #arrived = new Map<number, Cell>();
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly session: Session,
    private readonly choices: Choices,
    private readonly around: Around,
  ) {
    this.job = new Job(transport, watcher);
    this.opening = new Job(transport, watcher);
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
    const turn = ++this.#turn;
    const variants = await this.#vary(question);
    if (variants && turn === this.#turn) await this.#fill({ ...question, variants });
    if (turn === this.#turn) this.running = false;
  }

  /** What is known stays, here and with the model: to go on is to run it again. */
  stop(): void {
    this.#turn += 1;
    this.running = false;
    this.job.cancel();
    this.#draw();
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

  /** The variants of the template, itself first; null if they can't be made, which the job tells. */
  async #vary({ making, own, template }: Question): Promise<Variant[] | null> {
    const first = { name: t.gridding.base, template, change: "" };
    let made: Variant[] = [];
    const outcome = await this.job.run("vary", { template, ...making }, (event) => {
      if (event.type === "variants") made = event.variants;
    });
    return outcome === "done" ? distinct([first, ...own, ...made]) : null;
  }

  async #fill(asked: Asked): Promise<void> {
    const { variants } = asked;
    let begun = false;
    await this.job.run("grid", requestOf(asked, variants), (event) => {
      const isAccepted = event.type !== "queued" && event.type !== "model";
      if (isAccepted && !begun) this.#begin(asked); // what there was stays until then
      begun ||= isAccepted;
      if (event.type === "cell") this.#take(event.cell, variants.length);
      if (event.type === "grid") this.found = event.variants;
    });
    this.#draw();
  }

  #begin(asked: Asked): void {
    this.asked = asked;
    this.found = null;
    this.#arrived.clear();
    const length = asked.variants.length * asked.rows.length;
    this.slots = Array.from({ length }, () => new Slot());
  }

  #take(cell: Cell, variants: number): void {
    this.#arrived.set(placeOfCell(cell, variants), cell);
    this.#timer ??= setTimeout(() => this.#draw(AT_ONCE), PAUSE);
  }

  #draw(most = Infinity): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [place, cell] of [...this.#arrived].slice(0, most)) {
      this.slots[place]!.cell = cell;
      this.#arrived.delete(place);
    }
    if (this.#arrived.size > 0) this.#timer = setTimeout(() => this.#draw(AT_ONCE), PAUSE);
  }
}
