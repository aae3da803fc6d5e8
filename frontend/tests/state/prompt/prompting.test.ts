import { describe, expect, test } from "vitest";
import { answered, started } from "../../support/workbench";
import { BLANK } from "../../../src/model/draft";

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
