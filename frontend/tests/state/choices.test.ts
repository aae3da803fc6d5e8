import { expect, test } from "vitest";
import { TabStorage } from "../../src/page/storage";
import { Workbench } from "../../src/state/workbench.svelte";
import { FakeTransport, READY, STATE, USUAL } from "../support/fixtures";
import { explained } from "../support/workbench";

test("passes over a method that the model lacks", async () => {
  const state = structuredClone(STATE);
  state.models = [{ ...READY, unavailable_methods: { occlusion: "No." } }];
  const workbench = new Workbench(new FakeTransport({ load: () => [] }, state), new TabStorage());
  await workbench.start();
  expect(workbench.choices.method?.name).toBe("gradient");
});

test("what can be asked is up to whoever wrote the answer", async () => {
  const other = { ...READY, name: "other", unavailable_methods: { occlusion: "No." } };
  const state = { ...structuredClone(STATE), models: [READY, other] };
  const workbench = new Workbench(new FakeTransport(USUAL, state), new TabStorage());
  await workbench.start();
  await workbench.answering.generate();
  workbench.session.set({ model: "other" });
  expect(workbench.choices.model?.name).toBe("other");
  expect(workbench.choices.method?.name).toBe("occlusion");
  expect(workbench.choices.unavailable).toEqual(READY.unavailable_methods);
});

test("of a model that only writes, answers are counted", async () => {
  const all = Object.fromEntries(STATE.methods.map(({ name }) => [name, "It only writes."]));
  const state = { ...structuredClone(STATE), models: [{ ...READY, unavailable_methods: all }] };
  const workbench = new Workbench(new FakeTransport(USUAL, state), new TabStorage());
  await workbench.start();
  expect(workbench.choices.measures).toEqual(["share"]);
  expect(workbench.choices.counting).toEqual({ samples: 10, matching: null });
  expect(workbench.choices.method?.name).toBe("occlusion");
});

test("a method is not compared with itself, nor with one that the model lacks", async () => {
  const { workbench } = await explained();
  workbench.session.compareWith("occlusion");
  expect(workbench.choices.comparison).toBeNull();
  workbench.session.compareWith("attention");
  expect(workbench.choices.comparison).toBeNull();
});
