/** Variants of a prompt over rows: what is tried, the job that tries it, and its cells. */
import type { Transport } from "../host/transport";
import { type GridSetup, placeOfCell, rowInfo, type Row, variablesOf } from "../model/grid";
import { promptReference } from "../model/answer";
import { t } from "../strings";
import type { Cell, GenerationOptions, Prompt, Sample, Variant, VariantFound } from "../wire";
import type { Choices } from "./choices.svelte";
import { Job, type Watcher } from "./job.svelte";
import type { Session } from "./prompt/session.svelte";
import type { Written } from "./showing";

const PAUSE = 60; // ms between two drawings of cells that came

/** A grid as it was asked for. */
export interface Asked {
  readonly model: string;
  readonly variants: readonly Variant[];
  readonly rows: readonly Row[];
  readonly options: GenerationOptions;
  readonly setup: GridSetup;
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
  readonly setup: GridSetup = $derived.by(() => this.session.grid);
  readonly template: Prompt = $derived.by(() => this.setup.template ?? this.around.prompt());
  readonly variables: readonly string[] = $derived(variablesOf(this.template));
  /** What was asked for is not what would be asked for now. */
  readonly stale: boolean = $derived.by(() => {
    if (!this.asked) return false;
    return JSON.stringify(this.asked.setup) !== JSON.stringify(this.#whole);
  });
  readonly #arrived = new Map<number, Cell>();
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

  /** With the template that stands in its place now. */
  get #whole(): GridSetup {
    return { ...this.setup, template: this.template };
  }

  set(change: Partial<GridSetup>): void {
    this.session.set({ grid: { ...this.setup, ...change } });
  }

  /** The rows that have something, or the only one of a template without variables. */
  get rows(): readonly Row[] {
    if (this.variables.length === 0) return [{ id: t.gridding.only, fields: {} }];
    return this.setup.rows.filter(({ fields }) =>
      this.variables.some((name) => fields[name]?.trim()),
    );
  }

  async run(): Promise<void> {
    const { model, options } = this.choices;
    const { rows } = this;
    if (!model || !options || rows.length === 0) return;
    const setup = this.#whole;
    const variants = await this.#vary(setup);
    if (!variants) return;
    this.asked = { model: model.name, variants, rows, options, setup };
    this.found = null;
    this.#arrived.clear();
    this.slots = Array.from({ length: variants.length * rows.length }, () => new Slot());
    const sampled = options.temperature > 0;
    const request = {
      model: model.name,
      variants: [...variants],
      rows: rows.map(rowInfo),
      options,
      samples: sampled ? setup.samples : 1,
      find: setup.find || null,
      is_pattern: setup.isPattern,
      answer: setup.answer || null,
      effects: setup.effects,
    };
    await this.job.run("grid", request, (event) => {
      if (event.type === "cell") this.#take(event.cell, variants.length);
      if (event.type === "grid") this.found = event.variants;
    });
    this.#draw();
  }

  /** What is known stays, here and with the model: to go on is to run it again. */
  stop(): void {
    this.job.cancel();
    this.#draw();
  }

  /** Look into an answer, as it was written. */
  async open({ prompt }: Cell, { finish_reason, ids }: Sample): Promise<void> {
    if (!this.asked || prompt == null || ids.length === 0) return;
    const { model, options } = this.asked;
    const reference = { ...promptReference(prompt, [], options), finish_reason };
    await this.opening.run("respond", { model, reference, response: ids }, (event) => {
      if (event.type === "generation") this.around.show(event);
    });
  }

  /** The variants of the template, itself first; null if they can't be made, which the job tells. */
  async #vary(setup: GridSetup): Promise<Variant[] | null> {
    const template = setup.template!;
    const first = { name: t.gridding.base, template, change: "" };
    let made: Variant[] | null = null;
    const request = {
      template,
      principles: setup.principles.filter((text) => text.trim()),
      without_each: setup.withoutEach,
      reorder: setup.reorder,
      lines: [],
      words: {},
    };
    await this.job.run("vary", request, (event) => {
      if (event.type === "variants") made = [first, ...setup.own, ...event.variants];
    });
    return made;
  }

  #take(cell: Cell, variants: number): void {
    this.#arrived.set(placeOfCell(cell, variants), cell);
    this.#timer ??= setTimeout(() => this.#draw(), PAUSE);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [place, cell] of this.#arrived) this.slots[place]!.cell = cell;
    this.#arrived.clear();
  }
}
