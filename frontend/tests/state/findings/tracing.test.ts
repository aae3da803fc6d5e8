import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import type { Event } from "../../../src/wire";
import { found, progress, TRACE } from "../../support/fixtures";
import { explained, held, quiet } from "../../support/workbench";

describe("tracing", () => {
  test("is asked for, once for each map", async () => {
    const { transport, workbench } = await explained();
    const { findings } = workbench;
    expect(findings.traceable).toBe(true);
    expect(findings.trace).toBeNull();
    expect(transport.requests("trace")).toEqual([]);
    await findings.followAnswer();
    await findings.followAnswer();
    expect(transport.requests("trace")).toMatchObject([
      { model: "toy", attribution: { granularity: "line" }, budget: 16 },
    ]);
    expect(findings.trace).toEqual(TRACE);
    workbench.session.setMethod("gradient");
    await quiet(transport);
    expect(findings.trace).toBeNull();
    workbench.session.setMethod("occlusion");
    await quiet(transport);
    expect(findings.trace).toEqual(TRACE);
  });
  test("needs words of the answer before the target", async () => {
    const { transport, workbench } = await explained();
    workbench.setTarget([5, 8]);
    await quiet(transport);
    expect(workbench.findings.traceable).toBe(false);
  });
  test("that came with the map is not made again", async () => {
    const { transport, workbench } = await explained({
      explain: (): Event[] => [found({ trace: TRACE })],
    });
    await workbench.findings.followAnswer();
    expect(transport.requests("trace")).toEqual([]);
    expect(workbench.findings.trace).toEqual(TRACE);
  });
  test("makes way for a new map", async () => {
    const slow = held([
      progress(1, 9, [], "trace"),
      { type: "trace", trace: TRACE, cached: false },
    ]);
    const { transport, workbench } = await explained({ trace: slow.play });
    const { tracing } = workbench.findings;
    void workbench.findings.followAnswer();
    await vi.waitFor(() => expect(tracing.job.progress?.done).toBe(1));
    workbench.session.setMethod("gradient");
    flushSync();
    expect(tracing.job.running).toBe(false);
    expect(transport.asked.find((one) => one.kind === "trace")!.signal.aborted).toBe(true);
  });
});
