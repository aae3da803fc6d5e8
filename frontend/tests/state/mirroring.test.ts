import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import type { Mirror } from "../../src/host/mirror";
import { TabStorage } from "../../src/page/storage";
import { Workbench } from "../../src/state/workbench.svelte";
import type { Event, View } from "../../src/wire";
import {
  attribution,
  explanation,
  FAITHFUL,
  FakeTransport,
  found,
  NOTHING,
  PROMPT_TEXT,
  segmentations,
  sequence,
  unexplained,
  VIEW,
} from "../support/fixtures";
import { quiet } from "../support/workbench";

/** Somebody who follows what is seen; `show` is what they want seen. */
async function mirrored(view: View | null = null, script = {}) {
  const told: View[] = [];
  let show: (view: View) => void = () => undefined;
  const mirror: Mirror = {
    view,
    tell: (next) => told.push(next),
    listen: (callback) => (show = callback),
  };
  const transport = new FakeTransport(script);
  const workbench = new Workbench(transport, new TabStorage(), mirror);
  await workbench.start();
  await quiet(transport);
  return { transport, workbench, told, show: (next: View) => show(next) };
}

describe("what is seen", () => {
  test("is told as it changes, and never one target with another's map", async () => {
    const { workbench, transport, told } = await mirrored();
    await workbench.answering.generate();
    workbench.setTarget([8, 10]);
    await quiet(transport);
    workbench.setTarget([5, 8]);
    await quiet(transport);
    expect(told.at(-1)).toMatchObject({
      target: { start: 5 },
      explanation: { attributions: [{ target: { start: 5 } }] },
    });
    for (const { target, explanation } of told) {
      for (const map of explanation?.attributions ?? [])
        expect(map.target).toMatchObject({ start: target!.start, stop: target!.stop });
    }
  });

  test("is shown without asking for what it brings", async () => {
    const { transport, told } = await mirrored(VIEW);
    expect(told.at(-1)).toEqual(VIEW);
    expect(transport.requests("explain")).toEqual([]);
  });

  test("is computed where it brings no map", async () => {
    const { show, transport, workbench } = await mirrored(VIEW);
    show(unexplained({ start: 5, stop: 8 }));
    await quiet(transport);
    expect(transport.requests("explain")).toMatchObject([{ target: [5, 8] }]);
    show(NOTHING);
    expect(workbench.selection.target).toBeNull();
  });

  test("is told no more once the page has gone", async () => {
    const { workbench, told } = await mirrored(VIEW);
    workbench.stop();
    const before = told.length;
    workbench.setTarget([5, 8]);
    flushSync();
    expect(told).toHaveLength(before);
  });

  test("nothing is told while an answer is being written", async () => {
    const { workbench, told } = await mirrored();
    const before = told.length;
    const prompt = { ...sequence(), tokens: sequence().tokens.slice(0, 5) };
    const from = { kind: "model" as const, model: "toy", prompt: PROMPT_TEXT };
    const origin = { ...from, muted: [], mutedTexts: [], options: null };
    const id = workbench.answers.begin(origin, prompt, segmentations(5), null);
    flushSync();
    expect(told).toHaveLength(before);
    workbench.answers.finish(
      id,
      { sequence: sequence(), finish_reason: "stop" },
      segmentations(10),
    );
    flushSync();
    expect(told.at(-1)?.explanation?.generation).toMatchObject({
      finish_reason: "stop",
      model: "toy",
    });
  });

  test("without a map is the answer, with what is asked of it", async () => {
    const { told, show } = await mirrored(VIEW, { explain: () => [] });
    const foil = { ids: [7], text: "else" };
    show(unexplained({ start: 9, stop: 10, foil }));
    flushSync();
    expect(told.at(-1)).toEqual(unexplained({ start: 9, stop: 10, foil }));
    show(unexplained(null));
    flushSync();
    expect(told.at(-1)).toEqual(unexplained(null));
  });

  test("goes back as it came where the person changed nothing, and is cut where they did", async () => {
    const map = attribution({
      method: "gradient",
      token_scores: [0.1, 0.2, 3, -4, 0, 0, 0, 0],
      aggregate: "mean",
      notes: ["As it came."],
      faithfulness: FAITHFUL,
    });
    const given = explanation(map);
    const { workbench, told } = await mirrored({ ...VIEW, explanation: given });
    expect(told.at(-1)?.explanation).toEqual(given);
    workbench.session.setAggregate("sum");
    flushSync();
    const cut = told.at(-1)!.explanation!;
    expect(cut).toMatchObject({ generation: given.generation, metadata: given.metadata });
    expect(cut.attributions[0]).toMatchObject({ aggregate: "sum", faithfulness: null });
    expect(cut.attributions[0]!.segments[1]).toMatchObject({ start: 2, stop: 4, score: -1 });
    workbench.session.setAggregate("mean");
    flushSync();
    expect(told.at(-1)?.explanation).toEqual(given);
  });

  test("by a pattern is told once it is known where that cuts, and nothing less before", async () => {
    const given = explanation(attribution({ granularity: "custom", pattern: "[.]" }));
    const { told, transport } = await mirrored({ ...VIEW, explanation: given });
    await quiet(transport);
    expect(transport.requests("segment")).toMatchObject([{ pattern: "[.]" }]);
    expect(told).toEqual([{ ...VIEW, explanation: given }]);
  });

  test("by a pattern that can't be read is the answer and its target", async () => {
    const error = { code: "PatternError", message: "No.", hint: "" };
    const { workbench, told, transport } = await mirrored(VIEW, {
      segment: () => [{ type: "error", error }],
    });
    workbench.setGranularity("custom");
    workbench.session.set({ pattern: "(" });
    await quiet(transport);
    workbench.setTarget([5, 8]);
    flushSync();
    expect(told.at(-1)).toEqual(unexplained({ start: 5, stop: 8, foil: null }));
  });

  test("is the explanation that was sent, with its check once there is one", async () => {
    const sent = found() as Event & { type: "explanation" };
    const { transport, workbench, told } = await mirrored(null, { explain: () => [sent] });
    await workbench.answering.generate();
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(told.at(-1)?.explanation).toEqual(sent.explanation);
    await workbench.findings.check();
    flushSync();
    expect(told.at(-1)?.explanation).toEqual({
      ...sent.explanation,
      attributions: [{ ...sent.explanation.attributions[0], faithfulness: FAITHFUL }],
    });
    workbench.setTarget(null);
    flushSync();
    expect(told.at(-1)).toMatchObject({ target: null, explanation: { attributions: [] } });
  });
});
