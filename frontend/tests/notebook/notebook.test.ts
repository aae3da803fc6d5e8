import { fireEvent, screen, waitFor, within } from "@testing-library/dom";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Link, LIVE, TransportError } from "../../src/host/transport";
import { CommTransport } from "../../src/notebook/comm";
import widget from "../../src/notebook/main";
import { TraitMirror } from "../../src/notebook/mirror";
import type { Model, Traits } from "../../src/notebook/model";
import link from "../../src/notebook/newTab";
import { KernelStore } from "../../src/notebook/store";
import { notebook } from "../../src/notebook/surroundings";
import { t } from "../../src/strings";
import type { Event, Seen } from "../../src/wire";
import {
  attribution,
  PROMPT_TEXT,
  READY,
  segmentations,
  sequence,
  STATE,
} from "../support/fixtures";

/** A kernel's end of the traits and messages. */
class FakeModel implements Model {
  readonly sent: Record<string, unknown>[] = [];
  readonly saved: Partial<Traits>[] = [];
  #changed: Partial<Traits> = {};
  #listeners = new Map<string, Set<(...args: never[]) => void>>();
  broken = false;
  comm_live = true;
  readonly widget_manager = { get_model: () => Promise.resolve(this) };

  constructor(private readonly traits: Partial<Traits> = {}) {}

  get<K extends keyof Traits>(name: K): Traits[K] {
    return this.traits[name] as Traits[K];
  }

  set<K extends keyof Traits>(name: K, value: Traits[K]): void {
    this.traits[name] = this.#changed[name] = value;
    this.fire(`change:${name}`);
  }

  save_changes(): void {
    this.saved.push(this.#changed);
    this.#changed = {};
  }

  send(content: unknown): void {
    if (this.broken) throw new Error("The comm is disposed.");
    this.sent.push(content as Record<string, unknown>);
  }

  on(name: string, callback: (...args: never[]) => void): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(callback));
  }

  off(name: string, callback: (...args: never[]) => void): void {
    this.#listeners.get(name)?.delete(callback);
  }

  fire(name: string, ...args: unknown[]): void {
    for (const callback of this.#listeners.get(name) ?? []) callback(...(args as never[]));
  }

  reply(message: unknown): void {
    this.fire("msg:custom", message);
  }

  /** The id of the latest request. */
  get asked(): string {
    return this.sent.findLast((one) => "kind" in one)!.call as string;
  }
}

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
  afterEach(() => void vi.useRealTimers());

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

describe("what is kept", () => {
  test("is kept with the kernel, part by part", () => {
    const model = new FakeModel({});
    const store = new KernelStore(model);
    expect(store.read("session")).toBeNull();
    expect(store.write("session", { draft: 1 })).toBe(true);
    expect(model.saved).toEqual([{ _session: { draft: 1 } }]);
    expect(new KernelStore(model).read("session")).toEqual({ draft: 1 });
    store.forget("session");
    expect(store.read("session")).toBeNull();
    const changed = vi.fn();
    store.shared.watch("examples", changed);
    store.shared.write("examples", []);
    expect(store.shared.read("examples")).toEqual([]);
    expect(changed).toHaveBeenCalledOnce();
  });

  test("what is seen is told once, and heard only from others", () => {
    const model = new FakeModel({});
    const mirror = new TraitMirror(model);
    const heard: Seen[] = [];
    mirror.listen((seen) => heard.push(seen));
    const nothing: Seen = { generation: null, segmentations: {}, target: null, attribution: null };
    mirror.tell(nothing);
    mirror.tell(structuredClone(nothing));
    expect(model.saved).toHaveLength(1);
    expect(heard).toEqual([]);
    const other = { ...nothing, target: { start: 1, stop: 2 } };
    model.set("_seen", other);
    expect(heard).toEqual([other]);
    expect(mirror.seen).toEqual(other);
  });
});

describe("the theme around it", () => {
  const body = document.body;
  afterEach(() => {
    delete body.dataset.jpThemeLight;
    delete body.dataset.vscodeThemeKind;
    document.documentElement.removeAttribute("theme");
    body.className = "";
  });

  test.each<[string, () => void, boolean]>([
    ["JupyterLab, light", () => (body.dataset.jpThemeLight = "true"), false],
    ["JupyterLab, dark", () => (body.dataset.jpThemeLight = "false"), true],
    ["VS Code", () => (body.dataset.vscodeThemeKind = "vscode-dark"), true],
    ["Colab", () => document.documentElement.setAttribute("theme", "dark"), true],
    ["marimo", () => (body.className = "dark"), true],
    ["nothing in particular", () => undefined, false],
  ])("%s", (_, dress, dark) => {
    dress();
    expect(notebook.dark).toBe(dark);
  });
});

const SEEN: Seen = {
  generation: {
    prompt: PROMPT_TEXT,
    sequence: sequence(),
    finish_reason: "stop",
    model: "toy",
    options: null,
    muted: [],
  },
  segmentations: segmentations(10),
  target: { start: 8, stop: 10 },
  attribution: attribution(),
};

function shown(traits: Partial<Traits> = {}) {
  const model = new FakeModel({
    _state: { ...STATE, models: [READY] },
    _ipykernel: 7,
    _height: 500,
    ...traits,
  });
  const made = widget();
  const end = made.initialize({ model });
  const show = () => {
    const el = document.createElement("div");
    document.body.append(el);
    const leave = made.render({ model, el });
    return { el, leave, page: within(el.shadowRoot!.querySelector<HTMLElement>(".app")!) };
  };
  return { model, end, show, ...show() };
}

describe("the widget", () => {
  afterEach(() => document.body.replaceChildren());

  test("is the page, in a root of its own", async () => {
    const { el, page, leave } = shown();
    await page.findAllByTestId("example");
    expect(screen.queryByTestId("generate")).toBeNull();
    expect(el.dataset.theme).toBe("light");
    expect(el.dataset.lmSuppressShortcuts).toBe("true");
    expect(
      el.shadowRoot!.querySelector<HTMLElement>(".frame")!.style.getPropertyValue("--height"),
    ).toBe("500px");
    leave();
    expect(el.shadowRoot!.querySelector(".app")).toBeNull();
  });

  test("is one page in however many cells", async () => {
    const { page, show, leave, model, end } = shown();
    await page.findAllByTestId("example");
    const second = show();
    fireEvent.input(page.getByTestId("prompt-editor"), { target: { value: "Typed here" } });
    await waitFor(() => expect(second.page.getByTestId("prompt-editor")).toHaveValue("Typed here"));
    leave();
    model.set("_seen", { ...SEEN, attribution: null });
    await waitFor(() =>
      expect(second.page.getByTestId("target-card")).toHaveTextContent("Avoid it."),
    );
    end();
    expect(JSON.stringify(model.get("_session"))).toContain("Typed here");
  });

  test("what is typed outlives what Python shows, and a reload", async () => {
    const { page, model, end } = shown({ _seen: SEEN });
    await page.findAllByTestId("influence");
    fireEvent.input(page.getByTestId("prompt-editor"), { target: { value: "Half a tho" } });
    model.set("_seen", { ...SEEN, target: { start: 5, stop: 8 }, attribution: null });
    await waitFor(() => expect(page.getByTestId("target-card")).toHaveTextContent("It is bad."));
    expect(page.getByTestId("prompt-editor")).toHaveValue("Half a tho");
    end();
    const kept = {
      _seen: model.get("_seen"),
      _session: model.get("_session"),
      _answers: model.get("_answers"),
    };
    const again = shown(structuredClone(kept));
    await again.page.findAllByTestId("example");
    expect(again.page.getByTestId("prompt-editor")).toHaveValue("Half a tho");
  });

  test("a map by a pattern is shown as it was made", async () => {
    const map = attribution({ granularity: "custom", pattern: "[.]" });
    const { page, model } = shown({ _seen: { ...SEEN, attribution: map } });
    await page.findAllByTestId("example");
    await waitFor(() => expect(model.sent.map((one) => one.kind)).toContain("segment"));
    const call = model.asked;
    model.reply({ call });
    model.reply({
      call,
      event: {
        type: "segments",
        spans: [
          [0, 4],
          [4, 10],
        ],
      },
    });
    model.reply({ call, over: true });
    await page.findAllByTestId("influence");
    expect(model.sent.map((one) => one.kind)).not.toContain("explain");
  });

  test("other examples of the same names are shown, but not over what was typed", async () => {
    const dataset = (prompt: string) => ({
      ...STATE,
      models: [READY],
      datasets: [
        {
          name: "data",
          examples: [{ id: "data-1", prompt, source: null, target: null, fields: {} }],
        },
      ],
    });
    const { page, model } = shown({ _state: dataset("First") });
    await waitFor(() => expect(page.getByTestId("prompt-editor")).toHaveValue("First"));
    model.set("_state", dataset("Second"));
    await waitFor(() => expect(page.getByTestId("prompt-editor")).toHaveValue("Second"));
    fireEvent.input(page.getByTestId("prompt-editor"), { target: { value: "Mine" } });
    model.set("_state", dataset("Third"));
    await waitFor(() => expect(page.getByTestId("example")).toHaveTextContent("Third"));
    expect(page.getByTestId("prompt-editor")).toHaveValue("Mine");
  });

  test("a model that changed its state is not loaded again", async () => {
    const { page, model } = shown();
    await page.findAllByTestId("example");
    const loads = () => model.sent.filter((one) => one.kind === "load").length;
    expect(loads()).toBe(1);
    model.set("_state", { ...STATE, models: [{ ...READY, status: "failed" }] });
    await waitFor(() =>
      expect(page.getByTestId("model-status")).toHaveAttribute("data-status", "failed"),
    );
    expect(loads()).toBe(1);
  });

  test("shows what was seen last, and tells nothing new of it", async () => {
    const { model, page } = shown({ _seen: SEEN });
    await page.findAllByTestId("influence");
    expect(page.getByTestId("target-card")).toHaveTextContent("Avoid it.");
    expect(model.sent.map((one) => one.kind)).not.toContain("explain");
    expect(page.getByTestId("method-select")).toHaveValue("occlusion");
  });

  test("follows what is set from outside", async () => {
    const { model, page } = shown();
    await page.findAllByTestId("example");
    model.set("_seen", SEEN);
    await page.findAllByTestId("influence");
    model.set("_seen", { ...SEEN, target: { start: 5, stop: 8 }, attribution: null });
    await waitFor(() => expect(page.getByTestId("target-card")).toHaveTextContent("It is bad."));
    await waitFor(() => expect(model.sent.map((one) => one.kind)).toContain("explain"));
    model.set("_seen", { generation: null, segmentations: {}, target: null, attribution: null });
    await waitFor(() =>
      expect(page.getByTestId("target-card")).not.toHaveTextContent("It is bad."),
    );
  });

  test("a prompt from outside that is no example becomes one", async () => {
    const { model, page } = shown();
    await page.findAllByTestId("example");
    const before = page.getAllByTestId("example").length;
    model.set("_seen", {
      ...SEEN,
      generation: { ...SEEN.generation!, prompt: "Elsewhere" },
      target: null,
    });
    await waitFor(() => expect(page.getAllByTestId("example")).toHaveLength(before + 1));
    expect(page.getByTestId("answer-text")).toHaveTextContent("It is bad.");
  });

  test("without a kernel it says so and keeps showing", async () => {
    const { model, page } = shown({ _seen: SEEN });
    await page.findAllByTestId("influence");
    model.comm_live = false;
    model.fire("comm_live_update");
    expect(await page.findByTestId("link")).toHaveTextContent(t.notebook.gone);
    expect(page.getAllByTestId("influence").length).toBeGreaterThan(0);
  });

  test("other examples take the place of those there were", async () => {
    const { model, page } = shown();
    await page.findAllByTestId("example");
    const datasets = [
      {
        name: "new",
        examples: [{ id: "fresh", prompt: "Fresh", source: null, target: null, fields: {} }],
      },
    ];
    model.set("_state", { ...STATE, models: [READY], datasets });
    await waitFor(() => expect(page.getByTestId("example")).toHaveTextContent("fresh"));
    await waitFor(() => expect(page.getByDisplayValue("Fresh")).toBeVisible());
  });
});

describe("the link to a tab", () => {
  const view = (address: string) => {
    const el = document.createElement("div");
    let hear: (reply: { address?: string }) => void = () => undefined;
    const model = {
      get: () => "machine-7",
      send: vi.fn(),
      on: (_: string, callback: typeof hear) => void (hear = callback),
    };
    link.render({ model, el });
    expect(el).toHaveTextContent(t.tab.asking);
    expect(model.send).toHaveBeenCalledWith({ ask: "address" });
    hear({ address });
    return el;
  };

  test("opens it once", () => {
    const open = vi.spyOn(window, "open").mockReturnValue(window);
    const el = view("http://127.0.0.1:8401/?token=a");
    expect(el.querySelector("a")).toHaveAttribute("href", "http://127.0.0.1:8401/?token=a");
    view("http://127.0.0.1:8401/?token=a");
    expect(open).toHaveBeenCalledOnce();
    expect(el).not.toHaveTextContent(t.tab.blocked);
  });

  test("says when the browser held it back", () => {
    vi.spyOn(window, "open").mockReturnValue(null);
    expect(view("http://127.0.0.1:8402/?token=b")).toHaveTextContent(t.tab.blocked);
  });

  test("says what to do where the kernel is elsewhere", () => {
    vi.spyOn(window, "open").mockReturnValue(window);
    vi.stubGlobal("location", new URL("https://hub.example.org/lab"));
    expect(view("http://127.0.0.1:8403/?token=c")).toHaveTextContent(
      "ssh -L 8403:127.0.0.1:8403 machine-7",
    );
    vi.unstubAllGlobals();
  });
});
