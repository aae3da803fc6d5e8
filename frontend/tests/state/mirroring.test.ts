import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import type { Mirror } from "../../src/host/mirror";
import { TabStorage } from "../../src/page/storage";
import { Workbench } from "../../src/state/workbench.svelte";
import type { Seen } from "../../src/wire";
import {
  attribution,
  FakeTransport,
  PROMPT_TEXT,
  segmentations,
  sequence,
} from "../support/fixtures";
import { quiet } from "../support/workbench";

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

/** Somebody who follows what is seen; `show` is what they want seen. */
async function mirrored(seen: Seen | null = null) {
  const told: Seen[] = [];
  let show: (seen: Seen) => void = () => undefined;
  const mirror: Mirror = {
    seen,
    tell: (next) => told.push(next),
    listen: (callback) => (show = callback),
  };
  const transport = new FakeTransport();
  const workbench = new Workbench(transport, new TabStorage(), mirror);
  await workbench.start();
  await quiet(transport);
  return { transport, workbench, told, show: (next: Seen) => show(next) };
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
      attribution: { target: { start: 5 } },
    });
    for (const { target, attribution: map } of told) {
      if (map) expect(map.target).toMatchObject({ start: target!.start, stop: target!.stop });
    }
  });

  test("is shown without asking for what it brings", async () => {
    const { transport, told } = await mirrored(SEEN);
    expect(told.at(-1)).toMatchObject({ target: { start: 8, stop: 10 } });
    expect(told.at(-1)?.attribution?.segments).toEqual(attribution().segments);
    expect(transport.requests("explain")).toEqual([]);
  });

  test("is computed where it brings no map", async () => {
    const { show, transport, workbench } = await mirrored(SEEN);
    show({ ...SEEN, target: { start: 5, stop: 8 }, attribution: null });
    await quiet(transport);
    expect(transport.requests("explain")).toMatchObject([{ target: [5, 8] }]);
    show({ generation: null, segmentations: {}, target: null, attribution: null });
    expect(workbench.selection.target).toBeNull();
  });

  test("is told no more once the page has gone", async () => {
    const { workbench, told } = await mirrored(SEEN);
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
    workbench.answers.finish(id, sequence(), segmentations(10), "stop");
    flushSync();
    expect(told.at(-1)?.generation).toMatchObject({ finish_reason: "stop", model: "toy" });
  });
});
