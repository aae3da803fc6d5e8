import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import type { Event } from "../../../src/wire";
import { attribution, FINDING, found, proofsOf, progress } from "../../support/fixtures";
import { answered, explained, held, quiet } from "../../support/workbench";

const FIRST: [number, number] = [2, 4];

describe("proving", () => {
  test("takes the first parts of a map away as soon as it is there, once", async () => {
    const { transport, workbench } = await explained();
    const { proving } = workbench.findings;
    expect(transport.requests("prove")).toMatchObject([
      { model: "toy", attribution: { granularity: "line" }, top: 3 },
    ]);
    expect(proving.of(FIRST)).toEqual(proofsOf(attribution().segments)[0]);
    expect(proving.of([0, 4])).toBeNull();
    expect(proving.together).toBeNull();
    expect(proving.finding).toBe(FINDING);
    workbench.setTarget(null);
    flushSync();
    expect(proving.of(FIRST)).toBeNull();
    expect(proving.finding).toBeNull();
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(proving.of(FIRST)).not.toBeNull();
    expect(transport.requests("prove")).toHaveLength(1);
  });
  test("measures a map that is cut otherwise anew, and knows the one before", async () => {
    const { transport, workbench } = await explained();
    workbench.session.setMethod("gradient");
    await quiet(transport);
    workbench.setGranularity("token");
    await quiet(transport);
    workbench.setGranularity("line");
    await quiet(transport);
    const asked = transport.requests("prove").map((one) => one.attribution.granularity);
    expect(asked).toEqual(["line", "line", "token"]);
  });
  test("takes away the first of the prompt, or of what is looked at instead", async () => {
    const { transport, workbench } = await explained();
    expect(workbench.inquiry.mixed).toBe(true);
    workbench.session.setScope("both");
    await quiet(transport);
    workbench.session.setScope("response");
    await quiet(transport);
    workbench.session.setScope("prompt");
    await quiet(transport);
    expect(transport.requests("prove").map((one) => one.scope)).toEqual([
      "prompt",
      "both",
      "response",
    ]);
    workbench.setTarget([5, 8]); // where the answer begins, there is but the prompt
    await quiet(transport);
    expect(workbench.inquiry.mixed).toBe(false);
    expect(transport.requests("prove").at(-1)!.scope).toBe("both");
  });
  test("shows each part's as it comes, and no other map's", async () => {
    const [first] = proofsOf(attribution().segments);
    const slow = held([
      { type: "proof", proof: first! },
      { type: "proofs", proofs: [], cached: false },
    ]);
    const { workbench } = await answered({ prove: slow.play });
    const { proving } = workbench.findings;
    workbench.setTarget([8, 10]);
    flushSync();
    await vi.waitFor(() => expect(proving.of(FIRST)).toEqual(first));
    expect(proving.finding).toBeNull();
    expect(proving.measured.proofs).toEqual([]); // nothing whole, to be kept
    workbench.setTarget([5, 8]);
    flushSync();
    expect(proving.of(FIRST)).toBeNull();
  });
  test.each<[string, Event[]]>([
    ["fails", [{ type: "error", error: { code: "memory", message: "Full.", hint: "" } }]],
    ["breaks off", []],
  ])("that %s half way says so, and keeps what came", async (_, rest) => {
    const [first] = proofsOf(attribution().segments);
    const { workbench } = await explained({
      prove: (): Event[] => [{ type: "proof", proof: first! }, ...rest],
    });
    const { proving } = workbench.findings;
    expect(proving.failed).not.toBeNull();
    expect(proving.of(FIRST)).toEqual(first);
    expect(proving.finding).toBeNull();
  });
  test("is given up for another target", async () => {
    const slow = held([progress(1, 3, [], "prove"), { type: "proofs", proofs: [], cached: false }]);
    const { transport, workbench } = await answered({ prove: slow.play });
    const { job } = workbench.findings.proving;
    workbench.setTarget([8, 10]);
    flushSync();
    await vi.waitFor(() => expect(job.progress?.done).toBe(1));
    workbench.setTarget(null);
    flushSync();
    expect(job.running).toBe(false);
    expect(transport.asked.find((one) => one.kind === "prove")!.signal.aborted).toBe(true);
  });
  test("that came with the map stays as it is; what it comes to is asked for", async () => {
    const proofs = proofsOf(attribution().segments);
    const { transport, workbench } = await explained({
      explain: (): Event[] => [found({ proofs })],
    });
    expect(transport.requests("prove")).toHaveLength(1);
    expect(workbench.findings.proving.of(FIRST)).toBe(proofs[0]);
    expect(workbench.findings.proving.finding).toBe(FINDING);
  });
});
