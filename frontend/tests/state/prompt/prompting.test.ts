import { describe, expect, test, vi } from "vitest";
import { BLANK, inMode } from "../../../src/model/draft";
import { TabStorage } from "../../../src/page/storage";
import { Prompting } from "../../../src/state/prompt/prompting.svelte";
import { Session } from "../../../src/state/prompt/session.svelte";
import { answered, started } from "../../support/workbench";

describe("examples", () => {
  test("an edited prompt can be reverted, or kept and compared", async () => {
    const { workbench } = await started();
    workbench.prompting.type({ ...BLANK, text: "Changed" });
    expect(workbench.prompting.edited).toBe(true);
    workbench.prompting.revert();
    expect(workbench.prompting.edited).toBe(false);
    workbench.prompting.type({ ...BLANK, text: "Changed" });
    workbench.prompting.addExample();
    expect(workbench.prompting.example).toMatchObject({
      own: true,
      origin: "samples/first",
      id: "first, edited",
    });
    expect(workbench.prompting.edited).toBe(false);
    workbench.prompting.open(workbench.prompting.library.find("samples/first"));
    expect(workbench.prompting.edited).toBe(false);
  });

  test("answers come back with their example", async () => {
    const { workbench } = await answered();
    workbench.prompting.open(workbench.prompting.library.find("samples/second"));
    expect(workbench.answers.current).toBeNull();
    workbench.prompting.open(workbench.prompting.library.find("samples/first"));
    expect(workbench.answers.current?.finish).toBe("stop");
  });

  test("removing the one that is open keeps its text", async () => {
    const { workbench } = await started();
    workbench.prompting.type({ ...BLANK, text: "Mine" });
    workbench.prompting.addExample();
    workbench.prompting.removeExample(workbench.prompting.example!);
    expect(workbench.session.draft.text).toBe("Mine");
    expect(workbench.prompting.example).toBeNull();
  });
});

describe("what is offered", () => {
  const dataset = (prompt: string) => [
    {
      name: "data",
      count: 1,
      added: false,
      examples: [{ id: "one", prompt, source: null, target: null, fields: {} }],
    },
  ];

  function prompting() {
    const replaced = vi.fn();
    return {
      prompting: new Prompting(new Session(new TabStorage()), replaced, () => null),
      replaced,
    };
  }

  test("a first visit begins with the first example, a later one with what there was", () => {
    const first = prompting();
    first.prompting.offer(dataset("First"), false);
    expect(first.prompting.prompt).toBe("First");
    const session = new Session(new TabStorage());
    session.writeNow();
    const later = prompting();
    later.prompting.offer(dataset("First"), false);
    expect(later.prompting.prompt).toBe("");
  });

  test("what was chosen before the first example came is kept", () => {
    const { prompting: begun } = prompting();
    begun.change(inMode(BLANK, "chat"));
    begun.offer(dataset("First"), false);
    expect(begun.prompt).toEqual([expect.objectContaining({ content: "" })]);
    expect(begun.example).toBeNull();
  });

  test("examples that change under one who follows them are followed, but not over an edit", () => {
    const { prompting: followed, replaced } = prompting();
    followed.offer(dataset("First"), true);
    followed.offer(dataset("Second"), true);
    expect(followed.prompt).toBe("Second");
    expect(replaced).toHaveBeenCalledTimes(2);
    followed.type({ ...BLANK, text: "Mine" });
    followed.offer(dataset("Third"), true);
    expect(followed.prompt).toBe("Mine");
  });

  test("a prompt from elsewhere is one of the examples, or becomes one", () => {
    const { prompting: shown } = prompting();
    shown.offer(dataset("First"), false);
    shown.show("Elsewhere");
    expect(shown.example).toMatchObject({ own: true, prompt: "Elsewhere" });
    shown.show("First");
    expect(shown.example?.key).toBe("data/one");
  });
});
