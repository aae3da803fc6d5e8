/** The transport of a notebook: messages over the kernel's own channel, so no port and no proxy. */
import { type Link, type Listener, LIVE, type Transport, TransportError } from "../host/transport";
import { newId } from "../model/ids";
import { language, t } from "../strings";
import type { Event, Events, Kind, Requests, State } from "../wire";
import type { Model } from "./model";

/** What the kernel sends: that it took a request, a piece of its answer, or that it is over. */
interface Reply {
  readonly call: string;
  readonly event?: Event | State;
  /** The source of a module that was asked for. */
  readonly module?: string;
  readonly over?: boolean;
}

/** Where the pieces of an answer go: those of the kind that was asked for. */
type Controller = Pick<ReadableStreamDefaultController<unknown>, "enqueue" | "close" | "error">;

/** An idle kernel answers within this; a busy one may take as long as its cell. */
const PATIENCE = 1000;
/**
 * JupyterLab may still be making the way past a running cell when the first messages are sent,
 * and these then wait for the cell: so they are sent again. The kernel takes each once.
 */
const MAX_SENT = 4;

export class CommTransport implements Transport {
  readonly #calls = new Map<string, Controller>();
  /** What was sent and not taken yet. */
  readonly #untaken = new Map<string, { message: unknown; sent: number }>();
  #listener: Listener | null = null;
  /** Its state, in another language than that of the trait. */
  #told: { readonly of: State; readonly language: string; readonly state: State } | null = null;
  #link = LIVE;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: Model,
    /** Ends the transport when the view goes. */
    ended: AbortSignal,
  ) {
    const hear = (reply: Reply) => this.#hear(reply);
    const changed = () => this.#listener?.changed();
    model.on("msg:custom", hear);
    model.on("change:_state", changed);
    ended.addEventListener("abort", () => {
      model.off("msg:custom", hear);
      model.off("change:_state", changed);
      clearTimeout(this.#timer);
      for (const id of this.#calls.keys()) this.#send({ cancel: id });
      for (const controller of this.#calls.values()) controller.close();
      this.#calls.clear();
    });
  }

  listen(listener: Listener): void {
    this.#listener = listener;
    listener.link(this.#link);
  }

  async state(): Promise<State> {
    const kept = this.model.get("_state") as State;
    if (language === "en") return kept;
    if (this.#told?.of === kept && this.#told.language === language) return this.#told.state;
    void this.#translate(kept);
    return kept; // at once: a kernel may be busy, or gone
  }

  call<K extends Kind>(
    kind: K,
    request: Requests[K],
    signal: AbortSignal,
  ): AsyncGenerator<Events[K]> {
    return this.#replies({ kind, request }, signal);
  }

  /** What the kernel says of itself in the language of the page, as soon as it does. */
  async #translate(of: State): Promise<void> {
    const { signal } = new AbortController();
    const spoken = language;
    try {
      for await (const state of this.#replies<State>({ state: true }, signal)) {
        this.#told = { of, language: spoken, state };
        this.#listener?.changed();
        return;
      }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error; // there is no kernel to say it
    }
  }

  /** The source of a part of the page that not every notebook needs, which is therefore not in it. */
  async module(name: string): Promise<string> {
    const { signal } = new AbortController();
    for await (const source of this.#replies<string>({ module: name }, signal)) return source;
    throw refusal(this.#link);
  }

  async *#replies<T>(message: object, signal: AbortSignal): AsyncGenerator<T> {
    if (this.#link.state === "gone") throw refusal(this.#link);
    const id = newId();
    const replies = new ReadableStream<T>({
      start: (controller) => void this.#calls.set(id, controller),
    });
    const reader = replies.getReader();
    const cancel = () => void reader.cancel();
    signal.addEventListener("abort", cancel);
    this.#ask(id, { call: id, ...(language !== "en" && { language }), ...message });
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        yield value;
      }
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#untaken.delete(id);
      if (this.#calls.delete(id)) this.#send({ cancel: id });
    }
  }

  /** The kernel is not there any more, or not yet: a saved notebook, or after a restart. */
  lose(): void {
    this.#tell({ state: "gone", message: t.notebook.gone, hint: t.notebook.goneHint });
    for (const controller of this.#calls.values()) controller.error(refusal(this.#link));
    this.#calls.clear();
  }

  #ask(id: string, message: unknown): void {
    this.#untaken.set(id, { message, sent: 1 });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wait(), PATIENCE);
    this.#send(message);
  }

  #send(message: unknown): void {
    if (this.#link.state === "gone") return;
    try {
      this.model.send(message);
    } catch (error) {
      console.warn("Backlit: the kernel could not be reached.", error);
      this.lose();
    }
  }

  #wait(): void {
    if (this.#untaken.size === 0 || this.#link.state === "gone") return;
    const version = this.model.get("_ipykernel");
    const hint =
      version > 0 && version < 7 ? t.notebook.olderHint(version) : t.notebook.waitingHint;
    this.#tell({ state: "waiting", message: t.notebook.waiting, hint });
    for (const [id, { message, sent }] of this.#untaken) {
      if (sent >= MAX_SENT) continue;
      this.#untaken.set(id, { message, sent: sent + 1 });
      this.#send(message);
    }
    this.#timer = setTimeout(() => this.#wait(), 2 * PATIENCE);
  }

  #hear({ call: id, event, module, over }: Reply): void {
    if (typeof id !== "string") return;
    this.#untaken.delete(id);
    if (this.#link.state === "waiting" && this.#untaken.size === 0) this.#tell(LIVE);
    const controller = this.#calls.get(id);
    if (event ?? module) controller?.enqueue(event ?? module);
    if (!over) return;
    this.#calls.delete(id);
    controller?.close();
  }

  #tell(link: Link): void {
    this.#link = link;
    this.#listener?.link(link);
  }
}

function refusal({ message, hint }: Link): TransportError {
  return new TransportError("refused", { code: "KernelGone", message, hint });
}
