import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import type { Event } from "../../../src/wire";
import { attribution, found } from "../../support/fixtures";
import { explained, quiet } from "../../support/workbench";

describe("costs", () => {
  test("are asked for once things rest, with everybody's parameters", async () => {
    const { transport, workbench } = await explained();
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
      budget: null,
      parts: 4,
    });
    expect(workbench.findings.estimating.check?.runs).toBe(60);
    workbench.setTarget(null);
    flushSync();
    expect(workbench.findings.estimating.costs).toEqual({});
    expect(workbench.findings.estimating.check).toBeNull();
  });
  test("depend on how far coarse to fine goes", async () => {
    const { transport, workbench } = await explained();
    await vi.waitFor(() => expect(transport.requests("estimate")).toHaveLength(1));
    workbench.session.setMethod("occlusion");
    workbench.session.setCoarse(true);
    await vi.waitFor(() => expect(transport.requests("estimate").at(-1)?.budget).toBe(256));
  });
  test("of a check are of the map that is there, without the template", async () => {
    const segments = attribution().segments.map((one, i) =>
      i === 0 ? { ...one, role: "template" } : one,
    );
    const { transport, workbench } = await explained({
      explain: (): Event[] => [found({ segments })],
    });
    await vi.waitFor(() => expect(workbench.findings.estimating.check?.runs).toBe(60));
    expect(transport.requests("estimate").map((one) => one.parts)).toEqual([3]);
  });
  test("that can't be told are no trouble", async () => {
    const error = { code: "OptionsError", message: "No.", hint: "" };
    const { workbench, transport } = await explained({
      estimate: () => [{ type: "error", error }],
    });
    await vi.waitFor(() => expect(transport.requests("estimate")).toHaveLength(1));
    await quiet(transport);
    expect(workbench.findings.estimating.costs).toEqual({});
    expect(workbench.findings.explaining.attribution).not.toBeNull();
  });
});
