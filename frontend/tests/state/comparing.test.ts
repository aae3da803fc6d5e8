import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import { idsOf } from "../../src/model/run";
import type { Workbench } from "../../src/state/workbench.svelte";
import { ANSWER, PROMPT_TEXT, sequence, segmentations, STATE, USUAL } from "../support/fixtures";
import { answered, explained, OwnStorage, quiet, started } from "../support/workbench";

const OTHER = [" It", " is", " good.", "\nTry", " it."];

/** The model says something else to any other prompt than the first. */
const SCRIPT: typeof USUAL = {
  ...USUAL,
  generate: (request, signal) => {
    if (request.reference.prompt === PROMPT_TEXT) return USUAL.generate!(request, signal);
    const whole = sequence(undefined, OTHER);
    const prompt = { ...whole, tokens: whole.tokens.slice(0, 5), text: PROMPT_TEXT };
    const generation = {
      prompt: request.reference.prompt,
      sequence: whole,
      finish_reason: "stop" as const,
      model: "toy",
      muted: [],
    };
    return [
      { type: "sequence", sequence: prompt, segmentations: segmentations(5) },
      { type: "generation", generation, segmentations: segmentations(10) },
    ];
  },
};

const idOf = (workbench: Workbench) => idsOf(workbench.comparing.runs.at(-1)!).id;

/** The first example, asked about; then a change to it is tried, and answered. */
async function tried() {
  const both = await explained(SCRIPT);
  const { workbench, transport } = both;
  workbench.tryChange(null);
  const { draft } = workbench.session;
  workbench.prompting.change({ ...draft, text: draft.text.replace("Bad", "Fine") });
  workbench.generateDraft();
  await vi.waitFor(() => expect(workbench.comparing.result).not.toBeNull());
  await quiet(transport);
  return both;
}

describe("trying a change", () => {
  test("opens a copy beside the run, to be typed in", async () => {
    const { workbench, transport } = await explained(SCRIPT);
    workbench.tryChange(null);
    flushSync();
    const { comparing, prompting, session } = workbench;
    expect([session.view, comparing.trying, prompting.typing]).toEqual(["compare", true, true]);
    expect(comparing.columns).toHaveLength(1);
    expect(comparing.columns[0]).toMatchObject({ gone: false, map: { granularity: "line" } });
    expect(comparing.tried).toBeNull();
    expect(transport.requests("compare")).toEqual([]);
  });

  test("asks about what stands in the place of the target, and compares", async () => {
    const { workbench, transport } = await tried();
    const { comparing } = workbench;
    expect(workbench.selection.target).toEqual([8, 10]); // "Try it." for "Avoid it."
    const [request] = transport.requests("compare");
    expect(request!.explanations.map(({ attributions }) => attributions.length)).toEqual([1, 1]);
    expect(request!.known).toBeNull();
    expect(comparing.result!.log_probs).toEqual([
      [-0.5, -7],
      [-7, -0.5],
    ]);
    expect(comparing.scale).toBe(4);
    expect(comparing.own).toMatchObject({ scale: 4, changed: [[7, 9]] });
    expect(comparing.columns[0]!.changed).toEqual([[7, 9]]);
  });

  test("a target that is let go does not come back by itself", async () => {
    const { workbench, transport } = await tried();
    workbench.setTarget(null);
    await quiet(transport);
    expect(workbench.selection.target).toBeNull();
    expect(workbench.comparing.runs).toHaveLength(2);
  });

  test("can go on from what came of it", async () => {
    const { workbench } = await tried();
    workbench.tryChange(null);
    flushSync();
    expect(workbench.comparing.columns).toHaveLength(2);
    expect(workbench.comparing.tried).toBeNull();
    workbench.comparing.stopTrying();
    expect(workbench.comparing.trying).toBe(false);
    expect(workbench.comparing.runs).toHaveLength(2);
  });

  test("can be stopped, and what came of it stays", async () => {
    const { workbench } = await tried();
    const id = idOf(workbench);
    workbench.comparing.stopTrying();
    flushSync();
    expect(workbench.session.compared).toContain(id);
    expect(workbench.comparing.columns.map(({ gone }) => gone)).toEqual([false, false]);
  });

  test("needs an answer", async () => {
    const { workbench } = await started(SCRIPT);
    workbench.tryChange(null);
    expect(workbench.session.view).toBe("look");
  });
});

describe("runs beside each other", () => {
  test("one is set beside what is looked at, and is what that is compared with", async () => {
    const { workbench, transport } = await tried();
    const [before] = workbench.session.compared;
    const now = idOf(workbench);
    workbench.session.set({ view: "look", compared: [], trying: false });
    flushSync();
    workbench.comparing.toggle(before!);
    await quiet(transport);
    expect(workbench.session.compared).toEqual([before, now]);
    expect(workbench.comparing.trying).toBe(false);
    workbench.comparing.putFirst(now);
    expect(workbench.session.compared).toEqual([now, before]);
    workbench.comparing.toggle(before!);
    expect(workbench.session.compared).toEqual([now]);
    workbench.comparing.toggle(before!);
    expect(workbench.session.compared).toEqual([now, before]);
  });

  test("what was said of the same runs is not asked again", async () => {
    const { workbench, transport } = await tried();
    const count = transport.requests("compare").length;
    workbench.session.set({ view: "look" });
    await quiet(transport);
    workbench.session.set({ view: "compare" });
    flushSync();
    await vi.waitFor(() => expect(workbench.comparing.result).not.toBeNull());
    await quiet(transport);
    expect(transport.requests("compare")).toHaveLength(count);
  });

  test("one that is gone says so, and the others stay", async () => {
    const { workbench } = await explained(SCRIPT);
    workbench.session.set({ view: "compare", compared: ["gone.run"], trying: false });
    flushSync();
    await vi.waitFor(() => expect(workbench.comparing.columns[0]!.gone).toBe(true));
    expect(workbench.comparing.runs).toEqual([]);
  });

  test("an answer that nobody asked about is compared whole", async () => {
    const { workbench, transport } = await answered(SCRIPT);
    workbench.tryChange(null);
    workbench.prompting.change({ ...workbench.session.draft, text: "Other" });
    workbench.generateDraft();
    await vi.waitFor(() => expect(workbench.comparing.result).not.toBeNull());
    expect(transport.requests("compare")[0]!.explanations[0]!.attributions).toEqual([]);
    expect(workbench.selection.target).toBeNull();
    expect(workbench.comparing.scale).toBeNull();
  });

  test("another model is asked for its own rows, with what was said before", async () => {
    const store = new OwnStorage();
    const { workbench } = await explained(SCRIPT, STATE, store);
    workbench.tryChange(null);
    const [id] = workbench.session.compared;
    await vi.waitFor(() => expect(workbench.runs.all).toHaveLength(1));
    const seen = (await store.kept.runs.read(id!)) as Parameters<typeof idsOf>[0];
    const other = { ...seen, answer: { ...seen.answer, model: "other" } };
    await store.kept.runs.write({ id: "other.run" }, other);
    localStorage.clear();
    const models = [...STATE.models, { ...STATE.models[0]!, name: "other" }];
    const next = await started(SCRIPT, { ...STATE, models }, new OwnStorage(store.kept));
    next.workbench.session.set({ view: "compare", compared: [id!, "other.run"], trying: false });
    flushSync();
    await vi.waitFor(() => expect(next.workbench.comparing.result).not.toBeNull());
    const asked = next.transport.requests("compare");
    expect(asked.map(({ model }) => model)).toEqual(["toy", "other"]);
    expect(asked[1]!.known).toEqual([
      [-0.5, -7],
      [-7, -0.5],
    ]);
  });

  test("no more than a screen holds: the first stays", async () => {
    const { workbench } = await explained(SCRIPT);
    workbench.session.set({ view: "compare", compared: [], trying: false });
    for (let i = 0; i < 9; i++) workbench.comparing.toggle(`run.${i}`);
    expect(workbench.session.compared).toEqual([0, 4, 5, 6, 7, 8].map((i) => `run.${i}`));
  });
});

test("the second answer is other words of the same length", () => {
  expect(OTHER).toHaveLength(ANSWER.length);
});
