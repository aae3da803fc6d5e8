import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import { explained, quiet } from "../../support/workbench";

describe("agreement", () => {
  test("is asked of the server once things rest, for the maps that are shown", async () => {
    const { transport, workbench } = await explained();
    const { agreeing } = workbench.findings;
    expect(agreeing.found).toBeNull();
    workbench.session.setMethod("gradient");
    await quiet(transport);
    workbench.session.setAggregate("mean");
    flushSync();
    workbench.session.setAggregate("max");
    flushSync();
    await vi.waitFor(() => expect(agreeing.found).not.toBeNull());
    expect(agreeing.found).toEqual({
      methods: ["occlusion", "gradient"],
      correlations: [
        [1, -0.95],
        [-0.95, 1],
      ],
    });
    expect(transport.requests("agree")).toEqual([
      {
        model: "toy",
        maps: [
          [-0.5, 4, 0.1, 1],
          [2, -4, 0, 0],
        ],
      },
    ]);
  });

  test("is forgotten with the target, and of one map there is none", async () => {
    const { transport, workbench } = await explained();
    workbench.session.setMethod("gradient");
    await quiet(transport);
    await vi.waitFor(() => expect(workbench.findings.agreeing.found).not.toBeNull());
    workbench.setTarget([5, 8]);
    flushSync();
    expect(workbench.findings.agreeing.found).toBeNull();
    await quiet(transport);
    expect(workbench.findings.shown).not.toBeNull();
    expect(workbench.findings.agreeing.found).toBeNull();
  });

  test("that can't be told is no trouble", async () => {
    const error = { code: "InputError", message: "No.", hint: "" };
    const { transport, workbench } = await explained({ agree: () => [{ type: "error", error }] });
    workbench.session.setMethod("gradient");
    await quiet(transport);
    await vi.waitFor(() => expect(transport.requests("agree")).toHaveLength(1));
    await quiet(transport);
    expect(workbench.findings.agreeing.found).toBeNull();
    expect(workbench.findings.explaining.job.error).toBeNull();
  });
});
