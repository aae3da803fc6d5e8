import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import { BLANK } from "../../src/model/draft";
import { Job } from "../../src/state/job.svelte";
import { Selection } from "../../src/state/answer/selection.svelte";
import { Server } from "../../src/state/server.svelte";
import { TabStorage } from "../../src/page/storage";
import { Workbench } from "../../src/state/workbench.svelte";
import { t } from "../../src/strings";
import type { Event, Span } from "../../src/wire";
import {
  ANSWER,
  FakeTransport,
  PROMPT,
  READY,
  STATE,
  USUAL,
  attribution,
} from "../support/fixtures";

const settle = () => vi.waitFor(() => undefined).then(() => new Promise((r) => setTimeout(r, 15)));

async function started(script = {}): Promise<{ workbench: Workbench; transport: FakeTransport }> {
  const transport = new FakeTransport(script);
  const workbench = new Workbench(transport, new TabStorage());
  await workbench.start();
  await settle();
  return { workbench, transport };
}

async function answered(script = {}) {
  const both = await started(script);
  both.workbench.session.set({ granularity: "line" });
  await both.workbench.answering.generate();
  return both;
}

/** Events that wait until the test lets them come. */
function held(events: Event[]): { play: () => AsyncIterable<Event>; release: () => void } {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  async function* play() {
    for (const event of events.slice(0, -1)) yield event;
    await gate;
    yield events.at(-1)!;
  }
  return { play, release };
}

describe("starting", () => {
  test("loads the model and opens the first example", async () => {
    const { workbench, transport } = await started();
    expect(transport.requests("load")).toEqual([{ model: "toy" }]);
    expect(workbench.choices.model?.status).toBe("ready");
    expect(workbench.prompting.example?.id).toBe("first");
    expect(workbench.prompting.edited).toBe(false);
    expect(workbench.choices.method?.name).toBe("occlusion");
  });

  test("passes over a method that the model lacks", async () => {
    const state = structuredClone(STATE);
    state.models = [{ ...READY, unavailable_methods: { occlusion: "No." } }];
    const workbench = new Workbench(new FakeTransport({ load: () => [] }, state), new TabStorage());
    await workbench.start();
    expect(workbench.choices.method?.name).toBe("gradient");
  });

  test("what can be asked is up to whoever wrote the answer", async () => {
    const other = { ...READY, name: "other", unavailable_methods: { occlusion: "No." } };
    const state = { ...structuredClone(STATE), models: [READY, other] };
    const workbench = new Workbench(new FakeTransport(USUAL, state), new TabStorage());
    await workbench.start();
    await workbench.answering.generate();
    workbench.session.set({ model: "other" });
    expect(workbench.choices.model?.name).toBe("other");
    expect(workbench.choices.method?.name).toBe("occlusion");
    expect(workbench.choices.unavailable).toEqual(READY.unavailable_methods);
  });

  test("tries again, after longer and longer, while nobody answers", async () => {
    vi.useFakeTimers();
    const transport = new FakeTransport();
    transport.away = true;
    const arrived = vi.fn();
    const server = new Server(transport, arrived);
    await server.connect();
    expect(server.trouble?.info.message).toBe("Nobody there.");
    expect(server.countdown).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.countdown).toBe(2);
    transport.away = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.trouble).toBeNull();
    expect(arrived).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });
});

describe("a job", () => {
  const watcher = { model: vi.fn(), lost: vi.fn() };
  test("tells of waiting, loading and progress", async () => {
    const events: Event[] = [
      { type: "queued", ahead: 2 },
      { type: "model", model: { ...READY, status: "loading" } },
      { type: "phase", phase: "compile" },
      { type: "progress", done: 0, total: 3, scores: [] },
      { type: "phase", phase: "run" },
      { type: "progress", done: 1, total: 3, scores: [] },
    ];
    const job = new Job(new FakeTransport({ load: () => events }), watcher);
    const seen: unknown[] = [];
    const outcome = await job.run("load", { model: "toy" }, () =>
      seen.push([job.waiting, job.progress?.done]),
    );
    expect(outcome).toBe("done");
    expect(seen).toEqual([
      [t.wait.queued(2), undefined],
      [t.wait.model, undefined],
      [t.wait.compiling, undefined],
      [t.wait.compiling, 0],
      [null, 0],
      [null, 1],
    ]);
    expect(job.running).toBe(false);
    expect(watcher.model).toHaveBeenCalledOnce();
  });
  test("keeps the error", async () => {
    const error = { code: "PromptError", message: "Too long.", hint: "Shorten it." };
    const job = new Job(new FakeTransport({ load: () => [{ type: "error", error }] }), watcher);
    expect(await job.run("load", { model: "toy" }, () => undefined)).toBe("failed");
    expect(job.error).toEqual(error);
  });
  test("a bug of the page is told too", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const job = new Job(new FakeTransport({ load: () => [{ type: "queued", ahead: 1 }] }), watcher);
    await job.run("load", { model: "toy" }, () => {
      throw new Error("bug");
    });
    expect(job.error?.message).toBe(t.errors.broken);
    expect(logged).toHaveBeenCalled();
    logged.mockRestore();
  });
  test("starting again stops the one before, which says nothing more", async () => {
    const { play, release } = held([
      { type: "queued", ahead: 1 },
      { type: "queued", ahead: 0 },
    ]);
    const transport = new FakeTransport({ load: play });
    const job = new Job(transport, watcher);
    const heard = vi.fn();
    const first = job.run("load", { model: "a" }, heard);
    await settle();
    const second = job.run("load", { model: "b" }, () => undefined);
    release();
    expect(await first).toBe("stopped");
    expect(await second).toBe("done");
    expect(transport.asked[0]!.signal.aborted).toBe(true);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("generating", () => {
  test("streams, then knows the segments", async () => {
    const { workbench, transport } = await answered();
    expect(transport.requests("generate")[0]).toMatchObject({
      model: "toy",
      reference: { muted: [] },
    });
    const answer = workbench.answers.current!;
    expect(answer.finish).toBe("stop");
    expect(workbench.answers.chips.map((chip) => chip.text)).toEqual([...PROMPT, ...ANSWER]);
    expect(workbench.inquiry.segments).toHaveLength(5);
  });

  test("the same answer again takes the first one's place", async () => {
    const { workbench } = await answered();
    await workbench.answering.generate();
    expect(workbench.answers.shown).toHaveLength(1);
  });

  test("stopped half way, what came is kept and its segments are asked for", async () => {
    const whole = [
      ...(USUAL.generate!(
        {
          model: "toy",
          reference: { prompt: "", muted: [], response_ids: [] },
          options: STATE.options,
        },
        new AbortController().signal,
      ) as Event[]),
    ];
    const { play } = held(whole.slice(0, 4));
    const { workbench, transport } = await started({ generate: play });
    void workbench.answering.generate();
    await settle();
    workbench.answering.stop();
    await settle();
    expect(transport.requests("respond")[0]!.response).toHaveLength(2);
    const answer = workbench.answers.current!;
    expect(answer.finish).toBe("cancelled");
    expect(answer.segmentations.token).toHaveLength(PROMPT.length + 2);
  });

  test("of an answer stopped before its first token nothing is left", async () => {
    const whole = USUAL.generate!(
      {
        model: "toy",
        reference: { prompt: "", muted: [], response_ids: [] },
        options: STATE.options,
      },
      new AbortController().signal,
    ) as Event[];
    const { play } = held(whole.slice(0, 2));
    const { workbench } = await started({ generate: play });
    void workbench.answering.generate();
    await settle();
    workbench.answering.stop();
    expect(workbench.answers.current).toBeNull();
  });

  test("an error leaves what there was", async () => {
    const error = { code: "PromptError", message: "Too long.", hint: "" };
    let fails = false;
    const { workbench } = await answered({
      generate: (...args: Parameters<NonNullable<typeof USUAL.generate>>) =>
        fails ? [{ type: "error", error }] : USUAL.generate!(...args),
    });
    fails = true;
    await workbench.answering.generate();
    expect(workbench.answering.writing.error).toEqual(error);
    expect(workbench.answers.current?.finish).toBe("stop");
  });

  test("survives a reload, with its target", async () => {
    const { workbench } = await answered();
    workbench.setTarget([8, 10]);
    await workbench.session.flush();
    const { workbench: again, transport } = await started();
    expect(again.answers.current?.tokens).toHaveLength(10);
    expect(again.selection.target).toEqual([8, 10]);
    expect(transport.requests("explain")).toHaveLength(1);
  });

  test("the dataset's answer is beside the model's", async () => {
    const { workbench, transport } = await answered();
    await workbench.answering.showGiven();
    expect(transport.requests("respond")[0]).toMatchObject({ response: " Try it." });
    expect(workbench.answers.current).toMatchObject({ kind: "dataset", finish: "given" });
    expect(workbench.answers.shown).toHaveLength(2);
    workbench.answering.show(workbench.answers.shown[0]!.id);
    await workbench.answering.showGiven();
    expect(transport.requests("respond")).toHaveLength(1);
    expect(workbench.answers.current?.kind).toBe("dataset");
  });
});

describe("explaining", () => {
  test("follows the target by itself, with signs and order", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    await settle();
    expect(transport.requests("explain")[0]).toMatchObject({
      target: [8, 10],
      method: "occlusion",
      granularity: "line",
      pattern: null,
    });
    const influences = workbench.findings.explaining.influences(workbench.inquiry.view);
    expect(influences.map((one) => one.score)).toEqual([-0.5, 4, 0.1, 1]);
  });

  test("asks again for another granularity of a method that scores segments", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    await settle();
    workbench.setGranularity("token");
    await settle();
    workbench.setGranularity("token");
    expect(transport.requests("explain").map((one) => one.granularity)).toEqual(["line", "token"]);
  });

  test("never asks again for one that scores tokens", async () => {
    const { workbench, transport } = await answered();
    workbench.session.setMethod("gradient");
    workbench.setTarget([8, 10]);
    await settle();
    const scores = () =>
      workbench.findings.explaining.influences(workbench.inquiry.view).map((one) => one.score);
    expect(scores()).toEqual([3, -1, 0, 0]);
    workbench.session.setAggregate("max");
    expect(scores()).toEqual([2, -4, 0, 0]);
    workbench.setGranularity("token");
    expect(scores()).toEqual([1, 2, 3, -4, 0, 0, 0, 0]);
    expect(transport.requests("explain")).toHaveLength(1);
  });

  test("a target inside a line cuts the line there", async () => {
    const { workbench } = await answered();
    workbench.session.setMethod("gradient");
    workbench.setTarget([6, 8]);
    await settle();
    const influences = workbench.findings.explaining.influences(workbench.inquiry.view);
    expect(influences.at(-1)).toMatchObject({ start: 5, stop: 6, text: " It", role: "response" });
  });

  test("the old map stays, faded, while new scores come in", async () => {
    const slow = held([
      { type: "progress", done: 1, total: 4, scores: [[2, 4, 9]] },
      { type: "attribution", attribution: attribution(), cached: false },
    ]);
    let count = 0;
    const { workbench } = await answered({
      explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
        count++ === 0 ? USUAL.explain!(...args) : slow.play(),
    });
    workbench.setTarget([8, 10]);
    await settle();
    expect(workbench.findings.explaining.layers(workbench.inquiry.view)[0]!.weight).toBe(1);
    workbench.setTarget([7, 10]);
    await settle();
    const [old, fresh] = workbench.findings.explaining.layers(workbench.inquiry.view);
    expect(old!.weight).toBe(0.4);
    expect(old!.influences).toHaveLength(4);
    expect(fresh!.influences).toMatchObject([{ start: 2, score: 9 }]);
    slow.release();
    await settle();
    expect(workbench.findings.explaining.layers(workbench.inquiry.view)[0]!.weight).toBe(1);
  });

  test("can be stopped and taken up again", async () => {
    const slow = held([
      { type: "queued", ahead: 1 },
      { type: "attribution", attribution: attribution(), cached: false },
    ]);
    const { workbench, transport } = await answered({ explain: slow.play });
    workbench.setTarget([8, 10]);
    await settle();
    workbench.findings.explaining.stop();
    expect(workbench.findings.explaining.stopped).toBe(true);
    slow.release();
    workbench.findings.again();
    await settle();
    expect(transport.requests("explain")).toHaveLength(2);
    expect(workbench.findings.explaining.attribution).not.toBeNull();
  });

  test("a custom pattern is cut first, and a bad one is told in its place", async () => {
    const error = { code: "PatternError", message: "Missing ).", hint: "Mend it." };
    const { workbench, transport } = await answered({
      segment: (...args: Parameters<NonNullable<typeof USUAL.segment>>) =>
        args[0].pattern === "(" ? [{ type: "error", error }] : USUAL.segment!(...args),
    });
    workbench.setTarget([8, 10]);
    await settle();
    workbench.setGranularity("custom");
    expect(workbench.inquiry.segments).toBeNull();
    workbench.setPattern("(");
    await vi.waitFor(() => expect(workbench.cutting.job.error).toEqual(error));
    expect(transport.requests("explain")).toHaveLength(1);
    workbench.setPattern("\n");
    await vi.waitFor(() =>
      expect(workbench.inquiry.segments).toEqual([
        [0, 4],
        [4, 10],
      ]),
    );
    await settle();
    expect(transport.requests("explain").at(-1)).toMatchObject({
      granularity: "custom",
      pattern: "\n",
    });
  });
});

describe("muting", () => {
  test("measures at once, all muted parts together", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    workbench.muting.toggle([2, 4]);
    await settle();
    expect(workbench.muting.result?.change).toEqual({ kind: "less", times: "163" });
    workbench.muting.toggle([0, 2]);
    await settle();
    expect(transport.requests("mute").map((one) => one.spans)).toEqual([
      [[2, 4]],
      [
        [0, 2],
        [2, 4],
      ],
    ]);
    workbench.muting.toggle([2, 4]);
    workbench.muting.toggle([0, 2]);
    flushSync();
    expect(workbench.muting.result).toBeNull();
  });

  test("another target is measured again, without parts that are now in it or after", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    workbench.muting.toggle([2, 4]);
    workbench.muting.toggle([5, 8]);
    await settle();
    workbench.setTarget([6, 8]);
    await settle();
    expect(transport.requests("mute").at(-1)).toMatchObject({ target: [6, 8], spans: [[2, 4]] });
  });

  test("a new answer leaves out parts of the prompt, never of the answer", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    workbench.muting.toggle([2, 4]);
    workbench.muting.toggle([5, 8]);
    await workbench.answering.generateWithout();
    expect(transport.requests("generate").at(-1)!.reference).toEqual({
      prompt: PROMPT.join(""),
      muted: [[2, 4]],
      response_ids: [],
    });
    expect(workbench.answers.current?.mutedTexts).toEqual(["Bad line.\n"]);
    expect(workbench.answers.shown).toHaveLength(2);
    expect(workbench.muting.spans).toEqual([]);
    expect(workbench.selection.target).toBeNull();
  });
});

describe("examples", () => {
  test("an edited prompt can be reverted, or kept and compared", async () => {
    const { workbench } = await started();
    workbench.prompting.type({ ...BLANK, text: "Changed" });
    expect(workbench.prompting.edited).toBe(true);
    workbench.prompting.revert();
    expect(workbench.prompting.edited).toBe(false);
    workbench.prompting.type({ ...BLANK, text: "Changed" });
    workbench.prompting.addExample();
    expect(workbench.prompting.example).toMatchObject({
      own: true,
      origin: "samples/first",
      id: "first, edited",
    });
    expect(workbench.prompting.edited).toBe(false);
    workbench.prompting.open(workbench.prompting.library.find("samples/first"));
    expect(workbench.prompting.edited).toBe(false);
  });

  test("answers come back with their example", async () => {
    const { workbench } = await answered();
    workbench.prompting.open(workbench.prompting.library.find("samples/second"));
    expect(workbench.answers.current).toBeNull();
    workbench.prompting.open(workbench.prompting.library.find("samples/first"));
    expect(workbench.answers.current?.finish).toBe("stop");
  });

  test("removing the one that is open keeps its text", async () => {
    const { workbench } = await started();
    workbench.prompting.type({ ...BLANK, text: "Mine" });
    workbench.prompting.addExample();
    workbench.prompting.removeExample(workbench.prompting.example!);
    expect(workbench.session.draft.text).toBe("Mine");
    expect(workbench.prompting.example).toBeNull();
  });
});

describe("selecting", () => {
  const segments: Span[] = [
    [0, 2],
    [2, 4],
    [4, 6],
    [6, 9],
  ];
  test("starts where the answer does, moves, extends, and stops at the ends", () => {
    const selection = new Selection();
    selection.move(segments, 1, false, 4);
    expect(selection.cursor).toEqual([4, 6]);
    selection.move(segments, 1, true, 4);
    expect(selection.selected).toEqual([4, 9]);
    selection.move(segments, 1, true, 4);
    expect(selection.selected).toEqual([4, 9]);
    selection.move(segments, -1, true, 4);
    expect(selection.selected).toEqual([4, 6]);
    selection.move(segments, -1, false, 4);
    expect(selection.selected).toEqual([2, 4]);
  });
  test("starts at the target if there is one", () => {
    const selection = new Selection();
    selection.target = [6, 9];
    selection.move(segments, -1, false, 4);
    expect(selection.cursor).toEqual([6, 9]);
    selection.move([], 1, false, 0);
    expect(selection.cursor).toEqual([6, 9]);
  });
  test("marks are not set twice", () => {
    const selection = new Selection();
    const first: Span = [1, 2];
    selection.mark(first);
    selection.mark([1, 2]);
    flushSync();
    expect(selection.marked).toBe(first);
  });
});
