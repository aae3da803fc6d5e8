import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import { promptReference } from "../../../src/model/answer";
import type { Event, Requests } from "../../../src/wire";
import { ANSWER, PROMPT, STATE, USUAL } from "../../support/fixtures";
import { answered, held, started } from "../../support/workbench";

/** What the server says to a request for an answer. */
function usualEvents(): Event[] {
  const request: Requests["generate"] = {
    model: "toy",
    reference: promptReference(""),
    options: STATE.options,
  };
  return USUAL.generate!(request, new AbortController().signal) as Event[];
}

describe("generating", () => {
  test("streams, then knows the segments", async () => {
    const { workbench, transport } = await answered();
    expect(transport.requests("generate")[0]).toMatchObject({
      model: "toy",
      reference: { muted: [] },
    });
    const answer = workbench.answers.current!;
    expect(answer.finish).toBe("stop");
    expect(workbench.answers.chips.map((chip) => chip.text)).toEqual([...PROMPT, ...ANSWER]);
    expect(workbench.inquiry.segments).toHaveLength(5);
  });

  test("the same answer again takes the first one's place", async () => {
    const { workbench } = await answered();
    await workbench.answering.generate();
    expect(workbench.answers.shown).toHaveLength(1);
  });

  test("stopped half way, what came is kept and its segments are asked for", async () => {
    const { play } = held(usualEvents().slice(0, 4));
    const { workbench, transport } = await started({ generate: play });
    void workbench.answering.generate();
    const current = () => workbench.answers.current;
    await vi.waitFor(() => expect(current()?.tokens).toHaveLength(PROMPT.length + 2));
    workbench.answering.stop();
    expect(current()?.finish).toBe("cancelled");
    await vi.waitFor(() => expect(current()?.segmentations.token).toHaveLength(PROMPT.length + 2));
    expect(transport.requests("respond")[0]!.response).toHaveLength(2);
    expect(current()?.finish).toBe("cancelled");
  });

  test("of an answer stopped before its first token nothing is left", async () => {
    const { play } = held(usualEvents().slice(0, 2));
    const { workbench } = await started({ generate: play });
    void workbench.answering.generate();
    await vi.waitFor(() => expect(workbench.answers.current).not.toBeNull());
    workbench.answering.stop();
    expect(workbench.answers.current).toBeNull();
  });

  test("an error leaves what there was", async () => {
    const error = { code: "PromptError", message: "Too long.", hint: "" };
    let fails = false;
    const { workbench } = await answered({
      generate: (...args: Parameters<NonNullable<typeof USUAL.generate>>) =>
        fails ? [{ type: "error", error }] : USUAL.generate!(...args),
    });
    fails = true;
    await workbench.answering.generate();
    expect(workbench.answering.writing.error).toEqual(error);
    expect(workbench.answers.current?.finish).toBe("stop");
  });

  test("the dataset's answer is beside the model's", async () => {
    const { workbench, transport } = await answered();
    await workbench.answering.showGiven();
    expect(transport.requests("respond")[0]).toMatchObject({ response: " Try it." });
    expect(workbench.answers.current).toMatchObject({ kind: "dataset", finish: "given" });
    expect(workbench.answers.shown).toHaveLength(2);
    workbench.answering.show(workbench.answers.shown[0]!.id);
    await workbench.answering.showGiven();
    expect(transport.requests("respond")).toHaveLength(1);
    expect(workbench.answers.current?.kind).toBe("dataset");
  });
});

test("a new answer leaves out parts of the prompt, never of the answer", async () => {
  const { workbench, transport } = await answered();
  workbench.setTarget([8, 10]);
  workbench.muting.toggle([2, 4]);
  workbench.muting.toggle([5, 8]);
  await workbench.answering.generateWithout();
  expect(transport.requests("generate").at(-1)!.reference).toEqual({
    prompt: PROMPT.join(""),
    muted: [[2, 4]],
    response_ids: [],
    finish_reason: "given",
    options: null,
  });
  expect(workbench.answers.current?.mutedTexts).toEqual(["Bad line.\n"]);
  expect(workbench.answers.shown).toHaveLength(2);
  expect(workbench.muting.spans).toEqual([]);
  expect(workbench.selection.target).toBeNull();
});

test("a target picked right after a stop grows to its line once lines are known", async () => {
  const request: Requests["respond"] = {
    model: "toy",
    reference: promptReference(""),
    response: ANSWER.map((_, i) => i),
  };
  const lines = held(USUAL.respond!(request, new AbortController().signal) as Event[]);
  const { workbench, transport } = await started({
    generate: held(usualEvents()).play,
    respond: lines.play,
  });
  workbench.setGranularity("line");
  void workbench.answering.generate();
  const length = PROMPT.length + ANSWER.length;
  await vi.waitFor(() => expect(workbench.answers.current?.tokens).toHaveLength(length));
  workbench.answering.stop();
  workbench.setTarget([6, 7]);
  flushSync();
  expect(workbench.selection.target).toEqual([6, 7]);
  expect(transport.requests("explain")).toHaveLength(0);
  lines.release();
  await vi.waitFor(() => expect(workbench.selection.target).toEqual([5, 8]));
  await vi.waitFor(() => expect(transport.requests("explain")).toHaveLength(1));
  expect(transport.requests("explain")[0]).toMatchObject({ target: [5, 8] });
});
