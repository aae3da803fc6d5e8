/** Methods, foils, checks and comparisons: what is asked of the server, and what is kept. */
import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import { TabStorage } from "../../../src/page/storage";
import { Workbench } from "../../../src/state/workbench.svelte";
import type { Event, Requests } from "../../../src/wire";
import { FakeTransport, STATE, USUAL, attribution } from "../../support/fixtures";

const settle = (ms = 15) => new Promise((resolve) => setTimeout(resolve, ms));

async function asked(script = {}, state = STATE) {
  const transport = new FakeTransport(script, state);
  const workbench = new Workbench(transport, new TabStorage());
  await workbench.start();
  workbench.session.set({ granularity: "line" });
  await workbench.answering.generate();
  workbench.setTarget([8, 10]);
  await settle();
  return { transport, workbench };
}

describe("costs", () => {
  test("are asked for once things rest, with everybody's parameters", async () => {
    const { transport, workbench } = await asked();
    workbench.setGranularity("word");
    workbench.session.setParams("gradient", { steps: 3 });
    workbench.setGranularity("sentence");
    await vi.waitFor(() =>
      expect(workbench.findings.estimating.costs["occlusion"]?.runs).toBe(240),
    );
    expect(transport.requests("estimate")).toHaveLength(1);
    expect(transport.requests("estimate")[0]).toMatchObject({
      target: [8, 10],
      foil: null,
      granularity: "sentence",
      params: { occlusion: {}, gradient: { steps: 3 } },
    });
    workbench.setTarget(null);
    flushSync();
    expect(workbench.findings.estimating.costs).toEqual({});
  });
  test("that can't be told are no trouble", async () => {
    const error = { code: "OptionsError", message: "No.", hint: "" };
    const { workbench } = await asked({ estimate: () => [{ type: "error", error }] });
    await settle(250);
    expect(workbench.findings.estimating.costs).toEqual({});
    expect(workbench.findings.explaining.attribution).not.toBeNull();
  });
});

describe("maps", () => {
  test("are computed once in a visit, unless asked again", async () => {
    const { transport, workbench } = await asked();
    workbench.session.setMethod("gradient");
    await settle();
    workbench.session.setMethod("occlusion");
    expect(workbench.findings.explaining.attribution?.method).toBe("occlusion");
    expect(workbench.findings.explaining.stale).toBe(false);
    workbench.findings.again();
    await settle();
    const methods = transport.requests("explain").map((one) => one.method);
    expect(methods).toEqual(["occlusion", "gradient", "occlusion"]);
  });
  test("a score that comes again takes the place of the earlier one", async () => {
    async function* sampling(): AsyncGenerator<Event> {
      yield {
        type: "progress",
        done: 1,
        total: 2,
        scores: [
          [0, 2, 1],
          [2, 4, 2],
        ],
      };
      yield { type: "progress", done: 2, total: 2, scores: [[0, 2, 1.5]] };
      await settle(60);
    }
    const { workbench } = await asked({ explain: sampling });
    const arriving = workbench.findings.explaining.arriving(workbench.inquiry.view);
    expect(arriving.map((one) => one.score)).toEqual([1.5, 2]);
  });
  test("from coarse to fine have a budget, where that makes sense", async () => {
    const { transport, workbench } = await asked();
    workbench.session.setCoarse(true);
    await settle();
    workbench.session.setMethod("gradient");
    flushSync();
    workbench.session.setMethod("occlusion");
    workbench.setGranularity("custom");
    workbench.setPattern("\n");
    await vi.waitFor(() =>
      expect(transport.requests("explain").at(-1)!.granularity).toBe("custom"),
    );
    expect(transport.requests("explain").map((one) => [one.method, one.budget])).toEqual([
      ["occlusion", null],
      ["occlusion", 256],
      ["gradient", null],
      ["occlusion", null],
    ]);
  });
});

describe("a foil", () => {
  test("goes into everything that is asked, survives a reload, and ends with its target", async () => {
    const { transport, workbench } = await asked();
    workbench.suggest({ span: [9, 10], instead: " it.", foil: { value: [7], text: "else" } });
    await settle(200);
    expect(transport.requests("explain").at(-1)).toMatchObject({ target: [9, 10], foil: [7] });
    expect(transport.requests("estimate").at(-1)).toMatchObject({ foil: [7] });
    await workbench.findings.checking.ask(workbench.findings.shown!);
    expect(transport.requests("check").at(-1)).toMatchObject({ foil: [7] });
    workbench.contrast.type("half typed");
    await workbench.session.flush();

    const again = new Workbench(new FakeTransport(), new TabStorage());
    await again.start();
    expect(again.contrast).toMatchObject({ foil: { value: [7] }, typed: "half typed" });
    again.setTarget([5, 8]);
    expect(again.contrast).toMatchObject({ foil: null, typed: "" });
  });
  test("the server refuses: told, and the map without it comes back", async () => {
    const error = { code: "TargetError", message: "The foil is the target itself.", hint: "" };
    const { transport, workbench } = await asked({
      explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
        args[0].foil ? [{ type: "error", error }] : USUAL.explain!(...args),
    });
    workbench.contrast.type("it.");
    workbench.contrast.choose({ value: "it.", text: "it." });
    await settle();
    expect(workbench.contrast).toMatchObject({ foil: null, typed: "it.", error });
    expect(workbench.findings.explaining.job.error).toBeNull();
    expect(workbench.findings.explaining.stale).toBe(false);
    expect(transport.requests("explain")).toHaveLength(2);
    workbench.contrast.type("it");
    expect(workbench.contrast.error).toBeNull();
  });
});

describe("checking", () => {
  test("sends the map as it is shown, once", async () => {
    const { transport, workbench } = await asked();
    await workbench.findings.checking.ask(workbench.findings.shown!);
    expect(transport.requests("check")[0]).toMatchObject({
      target: [8, 10],
      spans: [
        [0, 2],
        [2, 4],
        [4, 5],
        [5, 8],
      ],
      scores: [-0.5, 4, 0.1, 1],
      unit: "line",
    });
    await workbench.findings.checking.ask(workbench.findings.shown!);
    expect(transport.requests("check")).toHaveLength(1);
    expect(workbench.findings.checking.find(workbench.findings.shown!)?.verdict).toBe("holds");
    workbench.session.setMethod("gradient");
    expect(workbench.findings.shown).toBeNull(); // while the new map is not there
    await settle();
    expect(workbench.findings.checking.find(workbench.findings.shown!)).toBeNull();
    expect(workbench.findings.checking.latest).not.toBeNull();
    workbench.setTarget([5, 8]);
    flushSync();
    expect(workbench.findings.checking.latest).toBeNull();
  });
  test("parts of many kinds are called parts", async () => {
    const segments = attribution().segments.map((one) => ({ ...one, level: "line" as const }));
    const { workbench } = await asked({
      explain: (): Event[] => [
        { type: "attribution", attribution: attribution({ segments }), cached: false },
      ],
    });
    expect(workbench.findings.shown?.unit).toBe("part");
  });
  test("makes way for a new map", async () => {
    const { transport, workbench } = await asked({
      check: async function* (): AsyncGenerator<Event> {
        yield { type: "progress", done: 1, total: 9, scores: [] };
        await settle(60);
      },
    });
    void workbench.findings.checking.ask(workbench.findings.shown!);
    await settle();
    workbench.session.setMethod("gradient");
    flushSync();
    expect(workbench.findings.checking.job.running).toBe(false);
    expect(transport.asked.find((one) => one.kind === "check")!.signal.aborted).toBe(true);
  });
});

describe("side by side", () => {
  test("asks for the second map with its own parameters, and leaves", async () => {
    const { transport, workbench } = await asked();
    workbench.session.setParams("gradient", { steps: 3 });
    workbench.session.compareWith("gradient");
    await settle();
    expect(transport.requests("explain").at(-1)).toMatchObject({
      method: "gradient",
      params: { steps: 3 },
    });
    expect(workbench.findings.comparison.attribution?.method).toBe("gradient");
    expect(workbench.findings.explaining.attribution?.method).toBe("occlusion");
    workbench.session.compareWith(null);
    expect(workbench.findings.comparison.attribution).toBeNull();
  });
  test("a method is not compared with itself, nor with one that the model lacks", async () => {
    const { workbench } = await asked();
    workbench.session.compareWith("occlusion");
    expect(workbench.choices.comparison).toBeNull();
    workbench.session.compareWith("attention");
    expect(workbench.choices.comparison).toBeNull();
  });
});

test("a target picked right after a stop grows to its line once lines are known", async () => {
  const request: Requests["generate"] = {
    model: "toy",
    reference: { prompt: "", muted: [], response_ids: [] },
    options: STATE.options,
  };
  const signal = new AbortController().signal;
  const transport = new FakeTransport({
    generate: async function* () {
      yield* (USUAL.generate!(request, signal) as Event[]).slice(0, -1);
      await settle(500);
    },
    respond: async function* (...args: Parameters<NonNullable<typeof USUAL.respond>>) {
      await settle(40);
      yield* USUAL.respond!(...args);
    },
  });
  const workbench = new Workbench(transport, new TabStorage());
  await workbench.start();
  workbench.session.set({ granularity: "line" });
  void workbench.answering.generate();
  await settle();
  workbench.answering.stop();
  workbench.setTarget([6, 7]);
  expect(workbench.selection.target).toEqual([6, 7]);
  expect(transport.requests("explain")).toHaveLength(0);
  await settle(80);
  expect(workbench.selection.target).toEqual([5, 8]);
  expect(transport.requests("explain")[0]).toMatchObject({ target: [5, 8] });
});
