/** One kind of request at a time: starting it again stops the one before. */
import { type Refusal, type Transport, TransportError } from "../host/transport";
import { t } from "../strings";
import type { ErrorInfo, Event, Events, Kind, ModelInfo, Requests } from "../wire";

/** Phases that come in between, and do not count how far the work is. */
const ASIDE: readonly string[] = ["compile", "run"];

/** Events after which more must come. */
const ON_THE_WAY: readonly Event["type"][] = ["queued", "progress", "tokens", "proof", "verdict"];

export type Outcome = "done" | "stopped" | "failed";

/** What a job tells the rest of the page, whatever its kind. */
export interface Watcher {
  /** A model's state came by. */
  model(model: ModelInfo): void;
  /** The server was not there, or did not know us. */
  lost(refusal: Refusal): void;
}

export class Job {
  running = $state(false);
  /** Requests that come first, while waiting in line. */
  ahead = $state<number | null>(null);
  /** True while the model it needs is still loading. */
  loading = $state(false);
  /** True while the model is made ready for a length it has not seen. */
  compiling = $state(false);
  progress = $state.raw<{ done: number; total: number | null } | null>(null);
  error = $state.raw<ErrorInfo | null>(null);
  #abort: AbortController | null = null;

  constructor(
    private readonly transport: Transport,
    private readonly watcher: Watcher,
  ) {}

  /** What it waits for before it gets anywhere, in words. */
  get waiting(): string | null {
    if (this.loading) return t.wait.model; // whoever is ahead waits for that, too
    if (this.ahead) return t.wait.queued(this.ahead);
    return this.compiling ? t.wait.compiling : null;
  }

  async run<K extends Kind>(
    kind: K,
    request: Requests[K],
    onEvent: (event: Events[K]) => void,
  ): Promise<Outcome> {
    this.cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.#reset(true);
    let outcome: Outcome = "done";
    let last: Event | null = null;
    try {
      for await (const event of this.transport.call(kind, request, abort.signal)) {
        if (abort.signal.aborted) return "stopped";
        last = event;
        if (event.type === "error") {
          this.error = event.error;
          outcome = "failed";
        } else {
          this.#note(event);
          onEvent(event);
        }
      }
      if (abort.signal.aborted) return "stopped";
      if (!last || ON_THE_WAY.includes(last.type)) {
        this.error = { code: "BrokenOff", message: t.errors.brokeOff, hint: t.errors.brokeOffHint };
        outcome = "failed";
      }
    } catch (error) {
      if (abort.signal.aborted) return "stopped";
      this.#fail(error);
      outcome = "failed";
    }
    this.#abort = null;
    const failure = this.error;
    this.#reset(false);
    this.error = failure;
    return outcome;
  }

  cancel(): void {
    if (!this.#abort) return;
    this.#abort.abort();
    this.#abort = null;
    this.#reset(false);
  }

  dismissError(): void {
    this.error = null;
  }

  /** Nothing is wanted: neither what is under way nor to hear what went wrong. */
  clear(): void {
    this.cancel();
    this.dismissError();
  }

  #note(event: Event): void {
    this.ahead = event.type === "queued" ? event.ahead : null;
    if (event.type === "model") {
      this.loading = event.model.status !== "ready";
      this.watcher.model(event.model);
    } else if (event.type !== "queued") {
      this.loading = false;
    }
    if (event.type !== "progress") return;
    this.compiling = event.phase === "compile";
    if (ASIDE.includes(event.phase)) return;
    this.progress = { done: event.done, total: event.total ?? null };
  }

  #fail(error: unknown): void {
    if (error instanceof TransportError) {
      this.error = error.info;
      if (error.refusal !== "refused") this.watcher.lost(error.refusal);
      return;
    }
    console.error(error);
    this.error = { code: "PageError", message: t.errors.broken, hint: t.errors.brokenHint };
  }

  #reset(running: boolean): void {
    this.running = running;
    this.ahead = null;
    this.loading = false;
    this.compiling = false;
    this.progress = null;
    this.error = null;
  }
}
