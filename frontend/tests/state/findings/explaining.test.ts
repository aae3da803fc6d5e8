import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import type { Event } from "../../../src/wire";
import { found, progress, USUAL } from "../../support/fixtures";
import { answered, explained, held, quiet } from "../../support/workbench";

describe("explaining", () => {
  test("follows the target by itself, with signs and order", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(transport.requests("explain")[0]).toMatchObject({
      target: [8, 10],
      method: "occlusion",
      granularity: "line",
      pattern: null,
    });
    const influences = workbench.findings.explaining.influences;
    expect(influences.map((one) => one.score)).toEqual([-0.5, 4, 0.1, 1]);
  });

  test("asks again for another granularity of a method that scores segments", async () => {
    const { workbench, transport } = await answered();
    workbench.setTarget([8, 10]);
    await quiet(transport);
    workbench.setGranularity("token");
    await quiet(transport);
    workbench.setGranularity("token");
    expect(transport.requests("explain").map((one) => one.granularity)).toEqual(["line", "token"]);
  });

  test("never asks again for one that scores tokens", async () => {
    const { workbench, transport } = await answered();
    workbench.session.setMethod("gradient");
    workbench.setTarget([8, 10]);
    await quiet(transport);
    const scores = () => workbench.findings.explaining.influences.map((one) => one.score);
    expect(scores()).toEqual([3, -1, 0, 0]);
    workbench.session.setAggregate("max");
    expect(scores()).toEqual([2, -4, 0, 0]);
    workbench.setGranularity("token");
    expect(scores()).toEqual([1, 2, 3, -4, 0, 0, 0, 0]);
    expect(transport.requests("explain")).toHaveLength(1);
  });

  test("a target inside a line cuts the line there", async () => {
    const { workbench, transport } = await answered();
    workbench.session.setMethod("gradient");
    workbench.setTarget([6, 8]);
    await quiet(transport);
    const influences = workbench.findings.explaining.influences;
    expect(influences.at(-1)).toMatchObject({ start: 5, stop: 6, text: " It", role: "response" });
  });

  test("the old map stays, faded, while new scores come in", async () => {
    const slow = held([progress(1, 4, [[2, 4, 9]]), found()]);
    let count = 0;
    const { workbench, transport } = await answered({
      explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
        count++ === 0 ? USUAL.explain!(...args) : slow.play(),
    });
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(workbench.findings.explaining.layers[0]!.weight).toBe(1);
    workbench.setTarget([7, 10]);
    flushSync();
    await vi.waitFor(() => expect(workbench.findings.explaining.arriving).toHaveLength(1));
    const [old, fresh] = workbench.findings.explaining.layers;
    expect(old!.weight).toBe(0.4);
    expect(old!.influences).toHaveLength(4);
    expect(fresh!.influences).toMatchObject([{ start: 2, score: 9 }]);
    slow.release();
    await quiet(transport);
    expect(workbench.findings.explaining.layers[0]!.weight).toBe(1);
  });

  test("can be stopped and taken up again", async () => {
    const slow = held([{ type: "queued", ahead: 1 }, found()]);
    const { workbench, transport } = await answered({ explain: slow.play });
    workbench.setTarget([8, 10]);
    await vi.waitFor(() => expect(workbench.findings.explaining.job.ahead).toBe(1));
    workbench.findings.explaining.stop();
    expect(workbench.findings.explaining.stopped).toBe(true);
    slow.release();
    workbench.findings.again();
    await quiet(transport);
    expect(transport.requests("explain")).toHaveLength(2);
    expect(workbench.findings.explaining.attribution).not.toBeNull();
  });
});

describe("maps", () => {
  test("are computed once in a visit: none is asked for again that is known", async () => {
    const { transport, workbench } = await explained();
    workbench.session.setMethod("gradient");
    await quiet(transport);
    workbench.session.setMethod("occlusion");
    expect(workbench.findings.explaining.attribution?.method).toBe("occlusion");
    expect(workbench.findings.explaining.stale).toBe(false);
    workbench.findings.again();
    await quiet(transport);
    const methods = transport.requests("explain").map((one) => one.method);
    expect(methods).toEqual(["occlusion", "gradient"]);
  });
  test("a score that comes again takes the place of the earlier one", async () => {
    const scores = (...list: [number, number, number][]): Event => progress(1, 2, list);
    const sampling = held([scores([0, 2, 1], [2, 4, 2]), scores([0, 2, 1.5]), found()]);
    const { workbench } = await answered({ explain: sampling.play });
    workbench.setTarget([8, 10]);
    const { explaining } = workbench.findings;
    const arriving = () => explaining.arriving.map(({ score }) => score);
    await vi.waitFor(() => expect(arriving()).toEqual([1.5, 2]));
  });
  test("from coarse to fine have a budget, where that makes sense", async () => {
    const { transport, workbench } = await explained();
    workbench.session.setCoarse(true);
    await quiet(transport);
    workbench.session.setMethod("gradient");
    flushSync();
    workbench.session.setMethod("occlusion");
    workbench.setGranularity("custom");
    workbench.setPattern("\n");
    await vi.waitFor(() =>
      expect(transport.requests("explain").at(-1)!.granularity).toBe("custom"),
    );
    expect(transport.requests("explain").map((one) => [one.method, one.budget])).toEqual([
      ["occlusion", null],
      ["occlusion", 256],
      ["gradient", null],
      ["occlusion", null],
    ]);
  });
});

describe("side by side", () => {
  test("asks for the second map with its own parameters, and leaves", async () => {
    const { transport, workbench } = await explained();
    workbench.session.setParams("gradient", { steps: 3 });
    workbench.session.compareWith("gradient");
    await quiet(transport);
    expect(transport.requests("explain").at(-1)).toMatchObject({
      method: "gradient",
      params: { steps: 3 },
    });
    expect(workbench.findings.comparison.attribution?.method).toBe("gradient");
    expect(workbench.findings.explaining.attribution?.method).toBe("occlusion");
    workbench.session.compareWith(null);
    expect(workbench.findings.comparison.attribution).toBeNull();
  });
});

describe("asking", () => {
  test("happens once, however many choices change at once, and again for none that is kept", async () => {
    const { transport, workbench } = await answered();
    workbench.setTarget([8, 10]);
    workbench.setGranularity("word");
    workbench.session.setMethod("gradient");
    workbench.session.setMethod("occlusion");
    await quiet(transport);
    expect(transport.requests("explain")).toMatchObject([
      { method: "occlusion", granularity: "word" },
    ]);
    workbench.session.setIntensity(2);
    workbench.session.setAggregate("mean");
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(transport.requests("explain")).toHaveLength(1);
  });

  test("an error is not asked about again by itself, and is by the person", async () => {
    const error = { code: "CapabilityError", message: "No.", hint: "" };
    const { transport, workbench } = await explained({ explain: () => [{ type: "error", error }] });
    const { explaining } = workbench.findings;
    expect(explaining.job.error).toEqual(error);
    explaining.job.dismissError();
    await quiet(transport);
    expect(transport.requests("explain")).toHaveLength(1);
    workbench.findings.again();
    await quiet(transport);
    expect(transport.requests("explain")).toHaveLength(2);
    expect(explaining.job.error).toEqual(error);
  });

  test("another target ends what was under way, and no target all of it", async () => {
    const slow = held([{ type: "queued", ahead: 1 }]);
    const { transport, workbench } = await answered({ explain: slow.play });
    workbench.setTarget([8, 10]);
    flushSync();
    workbench.setTarget([5, 8]);
    flushSync();
    expect(
      transport.asked.filter(({ kind }) => kind === "explain").map(({ signal }) => signal.aborted),
    ).toEqual([true, false]);
    workbench.setTarget(null);
    flushSync();
    expect(workbench.findings.explaining).toMatchObject({ attribution: null, stale: false });
    expect(workbench.findings.explaining.job.running).toBe(false);
  });

  test("ends with the page", async () => {
    const { transport, workbench } = await answered();
    workbench.stop();
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(transport.requests("explain")).toEqual([]);
  });
});
