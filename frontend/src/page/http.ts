/** The transport of the page: requests by POST, answers as server-sent events. */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { type Transport, TransportError } from "../host/transport";
import { language, t } from "../strings";
import type { ErrorInfo, Events, Kind, Requests, State } from "../wire";

export class HttpTransport implements Transport {
  constructor(private readonly base = "api/") {}

  async state(): Promise<State> {
    const response = await this.#fetch("state", { cache: "no-store" });
    return (await response.json()) as State;
  }

  async *call<K extends Kind>(
    kind: K,
    request: Requests[K],
    signal: AbortSignal,
  ): AsyncGenerator<Events[K]> {
    const response = await this.#fetch(kind, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(request),
      signal,
    });
    if (!response.body) return;
    try {
      for await (const data of eventData(response.body)) yield JSON.parse(data) as Events[K];
    } catch (error) {
      throw signal.aborted ? error : unreachable();
    }
  }

  async #fetch(
    path: string,
    init: RequestInit & { readonly headers?: Record<string, string> },
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.base + path, {
        credentials: "same-origin",
        ...init,
        headers: { ...init.headers, "Accept-Language": language },
      });
    } catch (error) {
      throw init.signal?.aborted ? error : unreachable();
    }
    if (!response.ok) throw await refused(response);
    return response;
  }
}

/** The `data` of each event, as it completes. Leaving early tells the server to stop. */
async function* eventData(body: ReadableStream<BufferSource>): AsyncGenerator<string> {
  const text = body.pipeThrough(new TextDecoderStream());
  const reader = text.pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value.data;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function unreachable(): TransportError {
  return new TransportError("unreachable", {
    code: "Unreachable",
    message: t.errors.unreachable,
    hint: t.errors.unreachableHint,
  });
}

async function refused(response: Response): Promise<TransportError> {
  if (response.status === 401) {
    return new TransportError("unauthorized", {
      code: "Unauthorized",
      message: t.errors.unauthorized,
      hint: t.errors.unauthorizedHint,
    });
  }
  const body: unknown = await response.json().catch(() => null);
  const info: ErrorInfo = isErrorInfo(body)
    ? { code: body.code, message: body.message, hint: body.hint ?? "" }
    : {
        code: `Http${response.status}`,
        message: t.errors.refused(response.status),
        hint: t.errors.refusedHint,
      };
  return new TransportError("refused", info);
}

function isErrorInfo(value: unknown): value is ErrorInfo {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<ErrorInfo>).code === "string" &&
    typeof (value as Partial<ErrorInfo>).message === "string"
  );
}
