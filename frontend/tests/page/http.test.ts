import { afterEach, describe, expect, test, vi } from "vitest";
import { HttpTransport } from "../../src/page/http";
import { t } from "../../src/strings";
import { speak } from "../../src/strings";
import { en } from "../../src/strings/en";
import { tr } from "../../src/strings/tr";
import type { Event } from "../../src/wire";

function stream(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
      }
      controller.close();
    },
  });
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

/** What the page makes of a stream of bytes that the server answers with. */
function streamed(...chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  answerWith(stream(...chunks));
  return all(new HttpTransport().call("load", { model: "toy" }, new AbortController().signal));
}

function answerWith(body: BodyInit | null, status = 200) {
  const fake = vi.fn((_path: string, _init?: RequestInit) =>
    Promise.resolve(new Response(body, { status })),
  );
  vi.stubGlobal("fetch", fake);
  return fake;
}

afterEach(() => vi.unstubAllGlobals());

describe("server-sent events", () => {
  test("one after the other", async () =>
    expect(await streamed("data: 1\n\ndata: 2\n\n")).toEqual([1, 2]));
  test("in pieces", async () =>
    expect(await streamed("da", 'ta: "on', 'e"\n', "\nd", 'ata:"two"\n\n')).toEqual([
      "one",
      "two",
    ]));
  test("with any line end, even cut in two", async () =>
    expect(await streamed("data: 1\r", "\n\r\ndata: 2\r\rdata: 3\n\n")).toEqual([1, 2, 3]));
  test("of several lines", async () =>
    expect(await streamed("data: [1,\ndata: 2]\n\n")).toEqual([[1, 2]]));
  test("comments, names and ids are not data", async () =>
    expect(await streamed(": ping\n\nevent: x\nid: 4\ndata: 1\n\n")).toEqual([1]));
  test("an emoji cut between chunks", async () => {
    const bytes = new TextEncoder().encode('data: "😀"\n\n');
    expect(await streamed(bytes.slice(0, 9), bytes.slice(9))).toEqual(["😀"]);
  });
  test("an unfinished event is dropped", async () =>
    expect(await streamed("data: 1\n\ndata: half")).toEqual([1]));
  test("leaving early closes the stream", async () => {
    const cancelled = vi.fn();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      cancel: cancelled,
    });
    answerWith(endless);
    const { signal } = new AbortController();
    for await (const event of new HttpTransport().call("load", { model: "toy" }, signal)) {
      expect(event).toBe(1);
      break;
    }
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled());
  });
});

describe("HTTP", () => {
  const call = (signal = new AbortController().signal) =>
    all<Event>(new HttpTransport().call("load", { model: "toy" }, signal));

  test("posts the request and yields its events", async () => {
    const fetched = answerWith(stream('data: {"type":"queued","ahead":2}\n\n'));
    expect(await call()).toEqual([{ type: "queued", ahead: 2 }]);
    const [path, init] = fetched.mock.calls[0]!;
    expect(path).toBe("api/load");
    expect(init).toMatchObject({
      method: "POST",
      body: '{"model":"toy"}',
      credentials: "same-origin",
      headers: { "Accept-Language": "en" },
    });
  });
  test("asks for its language, whatever the browser would", async () => {
    speak("tr", tr);
    const fetched = answerWith("{}");
    await new HttpTransport().state();
    speak("en", en);
    expect(fetched.mock.calls[0]![1]).toMatchObject({ headers: { "Accept-Language": "tr" } });
  });
  test("reads the state", async () => {
    answerWith('{"version":"1"}');
    expect(await new HttpTransport().state()).toEqual({ version: "1" });
  });
  test("nobody there", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("failed")));
    await expect(call()).rejects.toMatchObject({
      refusal: "unreachable",
      info: { message: t.errors.unreachable },
    });
  });
  test("a stream that breaks", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: () => Promise.reject(new TypeError("lost")),
    });
    answerWith(broken);
    await expect(call()).rejects.toMatchObject({ refusal: "unreachable" });
  });
  test("no token", async () => {
    answerWith('{"code":"Unauthorized","message":"x","hint":""}', 401);
    await expect(call()).rejects.toMatchObject({
      refusal: "unauthorized",
      info: { message: t.errors.unauthorized, hint: t.errors.unauthorizedHint },
    });
  });
  test("a refusal in the server's words", async () => {
    answerWith('{"code":"PromptError","message":"Too long.","hint":"Shorten it."}', 422);
    await expect(call()).rejects.toMatchObject({
      refusal: "refused",
      info: { code: "PromptError", message: "Too long.", hint: "Shorten it." },
    });
  });
  test("a refusal without words", async () => {
    answerWith("<html>", 500);
    await expect(call()).rejects.toMatchObject({ info: { code: "Http500" } });
  });
  test("an abort stays an abort", async () => {
    const abort = new AbortController();
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => {
        abort.abort();
        throw new DOMException("stopped", "AbortError");
      }),
    );
    await expect(call(abort.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});
