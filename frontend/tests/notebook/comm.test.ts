import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIVE, TransportError, type Link } from "../../src/host/transport";
import { CommTransport } from "../../src/notebook/comm";
import type { Traits } from "../../src/notebook/model";
import { speak, t } from "../../src/strings";
import { en } from "../../src/strings/en";
import { tr } from "../../src/strings/tr";
import type { Event } from "../../src/wire";
import { READY, STATE } from "../support/fixtures";
import { FakeModel } from "../support/model";

const LOADED: Event = { type: "model", model: READY };

function connected(traits: Partial<Traits> = {}) {
  const model = new FakeModel({ _state: STATE, _ipykernel: 7, ...traits });
  const ended = new AbortController();
  const transport = new CommTransport(model, ended.signal);
  const links: Link[] = [];
  const changed = vi.fn();
  transport.listen({ link: (one) => links.push(one), changed });
  const abort = new AbortController();
  const events: Event[] = [];
  const call = async () => {
    for await (const event of transport.call("load", { model: "toy" }, abort.signal))
      events.push(event);
  };
  return { model, transport, links, changed, ended, abort, events, call };
}

describe("the kernel's channel", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    speak("en", en);
  });

  test("carries a request, its events and its end", async () => {
    const { model, events, call, links } = connected();
    const done = call();
    await vi.advanceTimersByTimeAsync(0);
    const id = model.asked;
    expect(model.sent).toEqual([{ call: id, kind: "load", request: { model: "toy" } }]);
    model.reply({ call: id });
    model.reply({ call: "of another view", event: LOADED });
    model.reply({ call: id, event: LOADED });
    model.reply({ call: id, over: true });
    await done;
    expect(events).toEqual([LOADED]);
    expect(links).toEqual([LIVE]);
    expect(model.sent).toHaveLength(1); // nothing is cancelled that is over
  });

  test("asks in the language of the page, also for what the kernel says of itself", async () => {
    speak("tr", tr);
    const { changed, model, transport } = connected();
    expect(await transport.state()).toEqual(STATE); // at once, in the words of the trait
    await vi.advanceTimersByTimeAsync(0);
    expect(model.sent).toEqual([{ call: model.asked, language: "tr", state: true }]);
    model.reply({ call: model.asked, event: { ...STATE, version: "tr" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(changed).toHaveBeenCalledOnce();
    expect((await transport.state()).version).toBe("tr");
    const alone = connected();
    alone.transport.lose();
    const kept = alone.transport.state();
    expect(await kept).toEqual(STATE); // what the notebook was saved with
  });

  test("what is stopped is cancelled, and no more is heard of it", async () => {
    const { model, events, call, abort } = connected();
    const done = call();
    await vi.advanceTimersByTimeAsync(0);
    const id = model.asked;
    abort.abort();
    await done;
    expect(model.sent.at(-1)).toEqual({ cancel: id });
    model.reply({ call: id, event: LOADED });
    expect(events).toEqual([]);
  });

  test.each([
    [7, t.notebook.waitingHint],
    [6, t.notebook.olderHint(6)],
    [0, t.notebook.waitingHint],
  ])("says what it waits for (ipykernel %i)", async (version, hint) => {
    const { model, call, links } = connected({ _ipykernel: version });
    const done = call();
    await vi.advanceTimersByTimeAsync(990);
    expect(links).toEqual([LIVE]);
    await vi.advanceTimersByTimeAsync(20);
    expect(links.at(-1)).toEqual({ state: "waiting", message: t.notebook.waiting, hint });
    model.reply({ call: model.asked });
    expect(links.at(-1)).toEqual(LIVE);
    model.reply({ call: model.asked, over: true });
    await done;
    expect(model.sent).toHaveLength(2); // once more, in case the first was held up
  });

  test("asks a few times, not for ever", async () => {
    const { model, call } = connected();
    void call();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.sent).toHaveLength(4);
    expect(new Set(model.sent.map((one) => one.call)).size).toBe(1);
  });

  test("a kernel that is gone ends what was asked, and refuses more", async () => {
    const { call, transport, links, model } = connected();
    const done = call();
    await vi.advanceTimersByTimeAsync(0);
    transport.lose();
    await expect(done).rejects.toThrow(t.notebook.gone);
    expect(links.at(-1)?.state).toBe("gone");
    await expect(call()).rejects.toBeInstanceOf(TransportError);
    expect(model.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(links.at(-1)?.state).toBe("gone");
  });

  test("a channel that breaks is a kernel that is gone", async () => {
    const { call, links, model } = connected();
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    model.broken = true;
    await expect(call()).rejects.toThrow(t.notebook.gone);
    expect(links.at(-1)?.state).toBe("gone");
  });

  test("a view that goes cancels what it asked for", async () => {
    const { call, ended, model } = connected();
    void call();
    await vi.advanceTimersByTimeAsync(0);
    ended.abort();
    expect(model.sent.at(-1)).toEqual({ cancel: model.asked });
  });

  test("new examples are announced", async () => {
    const { changed, model, transport } = connected();
    const other = { ...STATE, datasets: [] };
    model.set("_state", other);
    expect(changed).toHaveBeenCalledOnce();
    expect(await transport.state()).toEqual(other);
  });
});
