import { flushSync } from "svelte";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Event, Requests } from "../../../src/wire";
import { rooted } from "../../support/rooted.svelte";
import { started } from "../../support/workbench";

const VARY = ({ principles, without_each: without }: Requests["vary"]): Event[] =>
  without === "example"
    ? [{ type: "error", error: { code: "OptionsError", message: "No examples.", hint: "" } }]
    : [
        {
          type: "variants",
          variables: [],
          variants: principles.map((text) => ({ name: text, template: text, change: text })),
        },
      ];

test("what a setup makes is told before it is run, and how many answers that takes", async () => {
  const { workbench } = await started({ vary: VARY });
  const { foreseen } = workbench.gridding;
  workbench.gridding.set({
    template: "{x}",
    principles: ["Be kind.", "Be brief."],
    rows: [
      { id: "1", fields: { x: "a" } },
      { id: "2", fields: { x: "b" } },
    ],
  });
  onTestFinished(rooted(() => foreseen.follow()));
  flushSync();
  await vi.waitFor(() => expect(foreseen.answers).toBe(6));
  expect(foreseen.variants?.map(({ name }) => name)).toEqual(["as it is", "Be kind.", "Be brief."]);
});

test("why they can't be made is told where they are chosen", async () => {
  const { workbench } = await started({ vary: VARY });
  const { foreseen } = workbench.gridding;
  workbench.gridding.set({ template: "{x}", withoutEach: "example" });
  onTestFinished(rooted(() => foreseen.follow()));
  flushSync();
  await vi.waitFor(() => expect(foreseen.error?.message).toBe("No examples."));
  expect(foreseen.answers).toBeNull();
  workbench.gridding.set({ withoutEach: null });
  flushSync();
  await vi.waitFor(() => expect(foreseen.answers).toBe(0));
  expect(foreseen.error).toBeNull();
});
