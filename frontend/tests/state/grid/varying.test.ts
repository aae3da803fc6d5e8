import { flushSync } from "svelte";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Event, Expense, Requests } from "../../../src/wire";
import { rooted } from "../../support/rooted.svelte";
import { STATE } from "../../support/fixtures";
import { quiet, started } from "../../support/workbench";

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

const EXPENSE: Expense = { calls: 21, prompt_tokens: 900, price: null, unit: "token" };
const REMOTE = STATE.models.map((model) => ({ ...model, metadata: { engine: "endpoint" } }));

test.each([
  ["runs here nothing", STATE, null],
  ["a server runs it is told what that is asked for", { ...STATE, models: REMOTE }, EXPENSE],
])("of a model that %s", async (_, state, expense) => {
  const grid_cost = (): Event[] => [{ type: "grid_cost", expense: EXPENSE }];
  const load = (): Event[] => [{ type: "model", model: state.models[0]! }];
  const { transport, workbench } = await started({ vary: VARY, grid_cost, load }, state);
  const { foreseen } = workbench.gridding;
  workbench.gridding.set({ template: "Say hello.", principles: ["Be kind."] });
  onTestFinished(rooted(() => foreseen.follow()));
  flushSync();
  await vi.waitFor(() => expect(foreseen.answers).toBe(2));
  await vi.waitFor(() => expect(foreseen.expense).toEqual(expense));
  await quiet(transport);
  const asked = transport.requests("grid_cost");
  expect(asked.map(({ variants }) => variants.length)).toEqual(expense ? [2] : []);
  workbench.gridding.set({ principles: [] });
  flushSync();
  expect(foreseen.expense).toBeNull();
});
