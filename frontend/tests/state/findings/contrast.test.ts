import { describe, expect, test, vi } from "vitest";
import { TabStorage } from "../../../src/page/storage";
import { Contrast } from "../../../src/state/findings/contrast.svelte";
import { Workbench } from "../../../src/state/workbench.svelte";
import type { Requests } from "../../../src/wire";
import { FakeTransport, found, USUAL } from "../../support/fixtures";
import { explained, quiet } from "../../support/workbench";

describe("a foil", () => {
  test("goes into everything that is asked, survives a reload, and ends with its target", async () => {
    const { transport, workbench } = await explained({
      explain: ({ target: [start, stop], foil }: Requests["explain"]) => [
        found({ target: { start, stop, foil: foil ? { ids: [7], text: "else" } : null } }),
      ],
    });
    workbench.setTarget([9, 10], { value: [7], text: "else" });
    await quiet(transport);
    expect(transport.requests("explain").at(-1)).toMatchObject({ target: [9, 10], foil: [7] });
    await vi.waitFor(() =>
      expect(transport.requests("estimate").at(-1)).toMatchObject({ foil: [7] }),
    );
    await workbench.findings.check();
    expect(transport.requests("check").at(-1)!.attribution.target).toEqual({
      start: 9,
      stop: 10,
      foil: { ids: [7], text: "else" },
    });
    workbench.contrast.type("half typed");
    await workbench.session.flush();

    const again = new Workbench(new FakeTransport(), new TabStorage());
    await again.start();
    expect(again.contrast).toMatchObject({ foil: { value: [7] }, typed: "half typed" });
    again.setTarget([5, 8]);
    expect(again.contrast).toMatchObject({ foil: null, typed: "" });
  });
  test("the server refuses: told, and the map without it comes back", async () => {
    const error = { code: "TargetError", message: "The foil is the target itself.", hint: "" };
    const { transport, workbench } = await explained({
      explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
        args[0].foil ? [{ type: "error", error }] : USUAL.explain!(...args),
    });
    workbench.contrast.type("it.");
    workbench.contrast.choose({ value: "it.", text: "it." });
    await quiet(transport);
    expect(workbench.contrast).toMatchObject({ foil: null, typed: "it.", error });
    expect(workbench.findings.explaining.job.error).toBeNull();
    expect(workbench.findings.explaining.stale).toBe(false);
    expect(transport.requests("explain")).toHaveLength(2);
    workbench.contrast.type("it");
    expect(workbench.contrast.error).toBeNull();
  });
});

test("only errors about the foil refuse it", () => {
  const contrast = new Contrast();
  const error = (code: string) => ({ code, message: "No.", hint: "" });
  expect(contrast.refuse(error("TargetError"))).toBe(false);
  contrast.foil = { value: "x", text: "x" };
  contrast.typed = "x";
  expect(contrast.refuse(error("CapabilityError"))).toBe(false);
  expect(contrast.refuse(error("TargetError"))).toBe(true);
  expect(contrast).toMatchObject({ foil: null, typed: "x", error: { message: "No." } });
});
