import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import { TabStorage } from "../../src/page/storage";
import { type Step, Touring } from "../../src/state/touring.svelte";
import { answered, quiet, started } from "../support/workbench";

describe("the tour", () => {
  test("goes on as the person does, and is over for good", async () => {
    const { transport, workbench } = await started();
    const { touring } = workbench;
    expect(touring.step).toBe("generate");
    workbench.setGranularity("line");
    await workbench.answering.generate();
    flushSync();
    expect(touring.step).toBe("click");
    workbench.setTarget([8, 10]);
    await quiet(transport);
    expect(touring.step).toBe("mute");
    expect(touring.isLast).toBe(true);
    workbench.muting.toggle([0, 2]);
    flushSync();
    expect(touring.step).toBeNull();
    const again = new Touring(new TabStorage().shared, () => false);
    again.welcome();
    expect(again.step).toBeNull();
  });

  test("that was asked for waits at a step that was done before", async () => {
    const { workbench } = await answered();
    const { touring } = workbench;
    touring.end();
    touring.start();
    flushSync();
    expect(touring.step).toBe("generate");
    const again = workbench.answering.generate();
    flushSync();
    await again;
    flushSync();
    expect(touring.step).toBe("click");
    touring.end();
    expect(touring.step).toBeNull();
  });

  test("begins with what was not done yet", () => {
    const done = new Set<Step>(["generate"]);
    const touring = new Touring(new TabStorage().shared, (step) => done.has(step));
    touring.welcome();
    expect(touring.step).toBe("click");
    touring.next();
    touring.next();
    expect(touring.step).toBeNull();
  });
});
