/** How the page reaches the service. Components know only this; HTTP is one way of it. */
import type { ErrorInfo, Events, Kind, Requests, State } from "../wire";

export interface Transport {
  /** All that the page needs to draw itself. */
  state(): Promise<State>;
  /** Ask, and follow the answer. Aborting `signal` cancels the work. */
  call<K extends Kind>(
    kind: K,
    request: Requests[K],
    signal: AbortSignal,
  ): AsyncIterable<Events[K]>;
  /** Hear of what changes without being asked for. */
  listen?(listener: Listener): void;
}

export interface Listener {
  link(link: Link): void;
  /** The service offers other models or examples now: ask for its state again. */
  changed(): void;
}

/**
 * How far the other side is within reach. `waiting`: it takes its time, and why if that is known;
 * `gone`: it won't answer any more.
 */
export interface Link {
  readonly state: "live" | "waiting" | "gone";
  readonly message: string;
  readonly hint: string;
}

export const LIVE: Link = { state: "live", message: "", hint: "" };

/** `unreachable`: nobody answered; `unauthorized`: the link's token is missing or old. */
export type Refusal = "unreachable" | "unauthorized" | "refused";

/** The request was not taken, or its answer broke off. */
export class TransportError extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly info: ErrorInfo,
  ) {
    super(info.message);
    this.name = "TransportError";
  }
}
