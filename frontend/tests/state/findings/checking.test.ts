import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import { BLANK } from "../../../src/model/draft";
import type { Event } from "../../../src/wire";
import {
  attribution,
  FAITHFUL,
  found,
  progress,
  PROMPT_TEXT,
  sequence,
  STATE,
} from "../../support/fixtures";
import { answered, explained, held, quiet } from "../../support/workbench";

describe("checking", () => {
  test("sends the map as it is shown, once", async () => {
    const { transport, workbench } = await explained();
    const checked = () => workbench.findings.shown!.attributions[0]!.faithfulness ?? null;
    await workbench.findings.check();
    expect(transport.requests("check")[0]).toEqual({
      model: "toy",
      reference: {
        prompt: PROMPT_TEXT,
        muted: [],
        response_ids: sequence()
          .tokens.slice(5)
          .map((one) => one.id),
        finish_reason: "stop",
        options: STATE.options,
      },
      attribution: attribution(),
      keep_question: false,
      background: false,
    });
    await workbench.findings.check();
    expect(transport.requests("check")).toHaveLength(1);
    expect(checked()).toEqual(FAITHFUL);
    workbench.session.setMethod("gradient");
    expect(workbench.findings.shown).toBeNull(); // while the new map is not there
    await quiet(transport);
    expect(checked()).toBeNull();
    expect(workbench.findings.checking.latest).not.toBeNull();
    workbench.setTarget([5, 8]);
    flushSync();
    expect(workbench.findings.checking.latest).toBeNull();
  });
  test("is of the map as it is cut and joined, and tells one cut from the other", async () => {
    const { transport, workbench } = await explained();
    workbench.session.setMethod("gradient");
    await quiet(transport);
    await workbench.findings.check();
    workbench.setGranularity("token");
    await quiet(transport);
    expect(workbench.findings.shown?.attributions[0]?.faithfulness).toBeNull();
    await workbench.findings.check();
    const checks = transport.requests("check").map((one) => one.attribution);
    expect(checks).toMatchObject([
      { granularity: "line", aggregate: "sum", faithfulness: null },
      { granularity: "token", aggregate: "sum", faithfulness: null },
    ]);
    expect(checks.map(({ segments }) => segments.map(({ score }) => score))).toEqual([
      [3, -1, 0, 0],
      [1, 2, 3, -4, 0, 0, 0, 0],
    ]);
    workbench.setGranularity("line");
    flushSync();
    expect(workbench.findings.shown?.attributions[0]?.faithfulness).toEqual(FAITHFUL);
  });
  test("that came with the map is not made again", async () => {
    const { transport, workbench } = await explained({
      explain: (): Event[] => [found({ faithfulness: FAITHFUL })],
    });
    await workbench.findings.check();
    expect(transport.requests("check")).toEqual([]);
    expect(workbench.findings.checking.latest).toEqual(FAITHFUL);
  });
  test("makes way for a new map", async () => {
    const slow = held([progress(1, 9), { type: "check", faithfulness: FAITHFUL, cached: false }]);
    const { transport, workbench } = await explained({ check: slow.play });
    void workbench.findings.check();
    await vi.waitFor(() => expect(workbench.findings.checking.job.progress?.done).toBe(1));
    workbench.session.setMethod("gradient");
    flushSync();
    expect(workbench.findings.checking.job.running).toBe(false);
    expect(transport.asked.find((one) => one.kind === "check")!.signal.aborted).toBe(true);
  });
  test("tells what is known so far, and forgets it when it is done", async () => {
    const soFar = {
      orders: 5,
      percentile: 100,
      low: 57,
      high: 100,
      verdict: "holds" as const,
      sentence: "So far it holds up.",
      decided: false,
    };
    const slow = held([
      { type: "verdict", so_far: soFar },
      { type: "check", faithfulness: FAITHFUL, cached: false },
    ]);
    const { workbench } = await explained({ check: slow.play });
    const { checking } = workbench.findings;
    const asked = workbench.findings.check();
    await vi.waitFor(() => expect(checking.soFar).toEqual(soFar));
    slow.release();
    await asked;
    expect(checking.soFar).toBeNull();
    expect(checking.latest).toEqual(FAITHFUL);
  });
  test("that leaves the question in is another one", async () => {
    const { transport, workbench } = await explained();
    const { checking } = workbench.findings;
    await workbench.findings.check();
    checking.keep(true);
    flushSync();
    expect(workbench.findings.shown?.attributions[0]?.faithfulness ?? null).toBeNull();
    await workbench.findings.check();
    expect(transport.requests("check").map((one) => one.keep_question)).toEqual([false, true]);
    checking.keep(false);
    flushSync();
    expect(workbench.findings.shown?.attributions[0]?.faithfulness).toEqual(FAITHFUL);
  });
  test("leaves it in where the example says so, unless the person says otherwise", async () => {
    const { workbench } = await explained();
    const { checking } = workbench.findings;
    const open = (id: string) =>
      workbench.prompting.open(workbench.prompting.library.find(`samples/${id}`));
    expect(checking.keepQuestion).toBe(false);
    open("second");
    expect(checking.keepQuestion).toBe(true);
    checking.keep(false);
    expect(checking.keepQuestion).toBe(false);
    workbench.prompting.type({ ...BLANK, text: "Changed" });
    workbench.prompting.addExample();
    expect(checking.keepQuestion).toBe(false); // as chosen: it is the same prompt
    open("first");
    checking.keep(true);
    open("chat");
    expect(checking.keepQuestion).toBe(false);
  });
  test("that a map brings along is shown, whatever the example says", async () => {
    const { workbench } = await explained();
    const { checking, explaining } = workbench.findings;
    const { subject } = workbench.inquiry;
    const map = { ...explaining.attribution!, faithfulness: FAITHFUL };
    workbench.prompting.open(workbench.prompting.library.find("samples/second"));
    expect(checking.withCheck(subject!, map).faithfulness).toEqual(FAITHFUL);
    checking.keep(true);
    expect(checking.withCheck(subject!, map).faithfulness).toBeNull();
  });
});

describe("a check that takes a moment", () => {
  const estimate = (seconds: number | null) => (): Event[] => [
    { type: "estimate", costs: {}, check: { runs: 40, seconds } },
  ];

  test("is made by itself behind the proofs, once", async () => {
    const { transport, workbench } = await explained({ estimate: estimate(4) });
    const verdict = () => workbench.findings.shown?.attributions[0]?.faithfulness?.verdict;
    await vi.waitFor(() => expect(verdict()).toBe(FAITHFUL.verdict));
    expect(transport.requests("check")).toMatchObject([{ background: true }]);
    const kinds = transport.asked.map((one) => one.kind);
    expect(kinds.indexOf("check")).toBeGreaterThan(kinds.indexOf("prove"));
    workbench.setTarget(null);
    flushSync();
    workbench.setTarget([8, 10]);
    await vi.waitFor(() => expect(workbench.findings.estimating.check?.seconds).toBe(4));
    await quiet(transport);
    expect(transport.requests("check")).toHaveLength(1);
  });
  test.each([[30], [null]])("is asked for if it may take longer: %s s", async (seconds) => {
    const { transport, workbench } = await explained({ estimate: estimate(seconds) });
    await vi.waitFor(() => expect(workbench.findings.estimating.check?.runs).toBe(40));
    await quiet(transport);
    expect(transport.requests("check")).toEqual([]);
  });
  test("that was stopped does not begin again by itself", async () => {
    const slow = held([progress(1, 3, [], "check map"), found()]);
    const { transport, workbench } = await explained({ estimate: estimate(4), check: slow.play });
    const { checking } = workbench.findings;
    await vi.waitFor(() => expect(checking.job.progress?.done).toBe(1));
    checking.stop();
    slow.release();
    workbench.setTarget(null);
    flushSync();
    workbench.setTarget([8, 10]);
    await vi.waitFor(() => expect(workbench.findings.estimating.check?.seconds).toBe(4));
    await quiet(transport);
    expect(checking.job.running).toBe(false);
    expect(transport.requests("check")).toHaveLength(1);
  });
  test("that can't be made is no news, unless it is asked for", async () => {
    const error = { code: "InputError", message: "There are only 2 lines.", hint: "" };
    const { transport, workbench } = await explained({
      estimate: estimate(4),
      check: (): Event[] => [{ type: "error", error }],
    });
    const { checking } = workbench.findings;
    await vi.waitFor(() => expect(transport.requests("check")).toHaveLength(1));
    await quiet(transport);
    expect(checking.job.error).toBeNull();
    expect(transport.requests("check")).toHaveLength(1);
    await workbench.findings.check();
    expect(checking.job.error?.message).toBe(error.message);
  });
  test("waits for the proofs", async () => {
    const slow = held([progress(1, 3, [], "prove"), { type: "proofs", proofs: [], cached: false }]);
    const { transport, workbench } = await answered({ estimate: estimate(4), prove: slow.play });
    workbench.setTarget([8, 10]);
    await vi.waitFor(() => expect(workbench.findings.estimating.check?.seconds).toBe(4));
    expect(workbench.findings.proving.job.running).toBe(true);
    expect(transport.requests("check")).toEqual([]);
  });
});
