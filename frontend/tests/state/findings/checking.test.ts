import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import type { Event } from "../../../src/wire";
import { attribution, FAITHFUL } from "../../support/fixtures";
import { explained, held, quiet } from "../../support/workbench";

describe("checking", () => {
  test("sends the map as it is shown, once", async () => {
    const { transport, workbench } = await explained();
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
    await quiet(transport);
    expect(workbench.findings.checking.find(workbench.findings.shown!)).toBeNull();
    expect(workbench.findings.checking.latest).not.toBeNull();
    workbench.setTarget([5, 8]);
    flushSync();
    expect(workbench.findings.checking.latest).toBeNull();
  });
  test("parts of many kinds are called parts", async () => {
    const segments = attribution().segments.map((one) => ({ ...one, level: "line" as const }));
    const { workbench } = await explained({
      explain: (): Event[] => [
        { type: "attribution", attribution: attribution({ segments }), cached: false },
      ],
    });
    expect(workbench.findings.shown?.unit).toBe("part");
  });
  test("makes way for a new map", async () => {
    const slow = held([
      { type: "progress", done: 1, total: 9, scores: [] },
      { type: "check", faithfulness: FAITHFUL },
    ]);
    const { transport, workbench } = await explained({ check: slow.play });
    void workbench.findings.checking.ask(workbench.findings.shown!);
    await vi.waitFor(() => expect(workbench.findings.checking.job.progress?.done).toBe(1));
    workbench.session.setMethod("gradient");
    flushSync();
    expect(workbench.findings.checking.job.running).toBe(false);
    expect(transport.asked.find((one) => one.kind === "check")!.signal.aborted).toBe(true);
  });
});
