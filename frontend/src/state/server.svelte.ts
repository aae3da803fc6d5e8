/** What the server offers, whether it is there, and loading a model. */
import { type Link, LIVE, type Refusal, type Transport, TransportError } from "../host/transport";
import { type ViewName, VIEWS } from "../model/place";
import type { DatasetInfo, ErrorInfo, Granularity, ModelInfo, State } from "../wire";
import { Job, type Watcher } from "./job.svelte";

const FIRST_WAIT = 1;
const MAX_WAIT = 30;

export class Server implements Watcher {
  state = $state.raw<State | null>(null);
  trouble = $state.raw<{ refusal: Refusal; info: ErrorInfo } | null>(null);
  /** How far the kernel of a notebook is within reach. */
  link = $state.raw<Link>(LIVE);
  /** Seconds until the next try, while the server is not there. */
  countdown = $state(0);
  readonly loading: Job;
  #wait = FIRST_WAIT;
  #turn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly transport: Transport,
    /** Called each time the server's state arrives; `changed` if it tells of other examples. */
    private readonly arrived: (changed: boolean) => void,
  ) {
    this.loading = new Job(transport, this);
    transport.listen?.({
      link: (link) => (this.link = link),
      changed: () => void this.connect(true),
    });
  }

  get models(): readonly ModelInfo[] {
    return this.state?.models ?? [];
  }

  get datasets(): readonly DatasetInfo[] {
    return this.state?.datasets ?? [];
  }

  /** The names of those that are shown. */
  get batches(): readonly string[] {
    return this.state?.batches ?? [];
  }

  /** What there is something to see in. */
  get views(): readonly ViewName[] {
    return VIEWS.filter((view) => view !== "batch" || this.batches.length > 0);
  }

  /** Whoever is here reads what is kept and says what they think of it, and nothing else. */
  get review(): boolean {
    return this.state?.review ?? false;
  }

  /** What people think of runs can be kept. */
  get maySay(): boolean {
    return !this.state?.workspace?.read_only;
  }

  /** And taken away. */
  get mayDrop(): boolean {
    return this.maySay && !this.review;
  }

  /** What people call a segment of this granularity; of several, "custom". */
  unit(granularity: Granularity): string {
    return this.state?.units[granularity] ?? granularity;
  }

  /** A model is run by a server, whose calls may have to be paid. */
  remote(name: string | null): boolean {
    const model = this.models.find((one) => one.name === name);
    return model !== undefined && /^([^:/]+:)?endpoint:/.test(model.source); // loaded or not
  }

  /** A model tells how likely a text is; what is not loaded yet may. */
  tells(name: string | null): boolean {
    const blocked = this.models.find((one) => one.name === name)?.unavailable_methods ?? {};
    return this.state?.methods.some((method) => !(method.name in blocked)) ?? true;
  }

  /** Ask for the state; while nobody answers, ask again after longer and longer waits. */
  async connect(changed = false): Promise<void> {
    clearInterval(this.#timer);
    this.countdown = 0;
    const turn = ++this.#turn;
    try {
      const state = await this.transport.state();
      if (turn !== this.#turn) return; // it was asked again, perhaps in another language
      this.state = state;
      this.trouble = null;
      this.#wait = FIRST_WAIT;
      this.arrived(changed);
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof TransportError)) throw error;
      this.trouble = { refusal: error.refusal, info: error.info };
      if (error.refusal === "unreachable") this.#later();
    }
  }

  /** Load a model and follow it until it is ready or has failed. */
  async load(model: string): Promise<void> {
    await this.loading.run("load", { model }, () => undefined);
  }

  model(model: ModelInfo): void {
    if (!this.state) return;
    const models = this.state.models.map((old) => (old.name === model.name ? model : old));
    this.state = { ...this.state, models };
  }

  /** There is one more, unless it was there. */
  add(model: ModelInfo): void {
    if (!this.state) return;
    const known = this.state.models.some(({ name }) => name === model.name);
    if (known) this.model(model);
    else this.state = { ...this.state, models: [...this.state.models, model] };
  }

  lost(): void {
    if (!this.trouble) void this.connect();
  }

  #later(): void {
    clearInterval(this.#timer);
    this.countdown = this.#wait;
    this.#wait = Math.min(this.#wait * 2, MAX_WAIT);
    this.#timer = setInterval(() => {
      this.countdown -= 1;
      if (this.countdown <= 0) void this.connect();
    }, 1000);
  }
}
