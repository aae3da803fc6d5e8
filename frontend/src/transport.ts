/** How the page reaches the service. Components know only this; HTTP is one way of it. */
import type { ErrorInfo, Event, Kind, Requests, State } from "./wire";

export interface Transport {
  /** All that the page needs to draw itself. */
  state(): Promise<State>;
  /** Ask, and follow the answer. Aborting `signal` cancels the work. */
  call<K extends Kind>(kind: K, request: Requests[K], signal: AbortSignal): AsyncIterable<Event>;
}

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
