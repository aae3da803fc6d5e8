import { describe, expect, onTestFinished, test } from "vitest";
import { Workbench } from "../../src/state/workbench.svelte";
import { FakeTransport } from "../support/fixtures";
import { answered, OwnStorage, quiet, started } from "../support/workbench";

describe("starting", () => {
  test("loads the model and opens the first example", async () => {
    const { workbench, transport } = await started();
    expect(transport.requests("load")).toEqual([{ model: "toy" }]);
    expect(workbench.choices.model?.status).toBe("ready");
    expect(workbench.prompting.example?.id).toBe("first");
    expect(workbench.prompting.edited).toBe(false);
    expect(workbench.choices.method?.name).toBe("occlusion");
  });

  test("stays in the view that was chosen before the first example came", async () => {
    const transport = new FakeTransport();
    const workbench = new Workbench(transport, new OwnStorage());
    onTestFinished(() => workbench.stop());
    workbench.session.setView("grid");
    await workbench.start();
    await quiet(transport);
    expect(workbench.prompting.example?.id).toBe("first");
    expect(workbench.session.view).toBe("grid");
  });
});

describe("what outlives a reload", () => {
  test("survives a reload, with its target", async () => {
    const { workbench } = await answered();
    workbench.setTarget([8, 10]);
    await workbench.session.flush();
    const { workbench: again, transport } = await started();
    expect(again.answers.current?.tokens).toHaveLength(10);
    expect(again.selection.target).toEqual([8, 10]);
    expect(transport.requests("explain")).toHaveLength(1);
  });
});
