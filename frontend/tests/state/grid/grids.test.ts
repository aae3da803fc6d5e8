import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import { followAddress } from "../../../src/state/linking.svelte";
import type { Cell, Event, Requests, VariantFound } from "../../../src/wire";
import { PROMPT_TEXT, STATE } from "../../support/fixtures";
import { held, OwnStorage, started } from "../../support/workbench";

const FOUND: VariantFound = {
  found: null,
  changed: null,
  answer_log_prob: null,
  gained: null,
  effects: [],
  sentence: "as it is: nothing was measured.",
};

function cell(row: number, text = " Avoid."): Cell {
  const sample = { response: text, ids: [1, 2], finish_reason: "stop" as const };
  return { variant: 0, row, prompt: PROMPT_TEXT, samples: [sample], effects: [], problem: "" };
}

const SCRIPT = {
  vary: (): Event[] => [{ type: "variants", variables: [], variants: [] }],
  grid: ({ rows }: Requests["grid"]): Event[] => [
    ...rows.map((_, i): Event => ({ type: "cell", cell: cell(i) })),
    { type: "grid", variants: [FOUND] },
  ],
};

/** A grid over the rows, with a template of its own. */
async function run(store: OwnStorage, template: string, script: object = SCRIPT) {
  const both = await started(script, STATE, store);
  const { gridding } = both.workbench;
  gridding.set({ template, rows: [{ id: "row 1", fields: { dish: "soup" } }] });
  flushSync();
  await gridding.run();
  await vi.waitFor(() => expect(gridding.grids.state).toBe("saved"));
  return { ...both, gridding };
}

/** The page once more, after a reload. */
async function again(store: OwnStorage) {
  store.write("session", { ...(store.read("session") as object) });
  const both = await started(SCRIPT, STATE, store);
  return { ...both, gridding: both.workbench.gridding };
}

test("what came of a grid is there after a reload, and nothing is asked anew", async () => {
  const store = new OwnStorage();
  const { workbench, gridding } = await run(store, "Dish: {dish}");
  const { shown } = gridding;
  await workbench.session.flush();
  const later = await again(store);
  expect(later.workbench.session.shownGrid).toBe(shown);
  await later.gridding.restore();
  expect(later.gridding.cells.known[0]?.samples[0]?.response).toBe(" Avoid.");
  expect(later.gridding.found).toEqual([FOUND]);
  expect(later.gridding.stale).toBe(false);
  expect(later.transport.requests("grid")).toEqual([]);
});

test("an earlier grid is shown as it was set up, and one goes back to what was there", async () => {
  const store = new OwnStorage();
  const { gridding } = await run(store, "Dish: {dish}");
  const first = gridding.shown;
  gridding.set({ template: "Another {dish}" });
  flushSync();
  await gridding.run();
  await vi.waitFor(() => expect(gridding.grids.all).toHaveLength(2));
  expect(gridding.grids.all.map(({ about }) => about)).toContain("Dish: {dish}");
  gridding.set({ template: "Not run {dish}" });
  await gridding.show(first);
  flushSync();
  expect(gridding.template).toBe("Dish: {dish}");
  expect(gridding.stale).toBe(false);
  expect(gridding.asked?.template).toBe("Dish: {dish}");
  gridding.back();
  flushSync();
  expect(gridding.template).toBe("Not run {dish}");
  expect(gridding.asked?.template).toBe("Another {dish}");
  expect(gridding.before).toBeNull();
});

test("to run it again is the same grid, and to stop early loses no cell", async () => {
  const store = new OwnStorage();
  const late = held([{ type: "grid", variants: [FOUND] }]);
  let play = SCRIPT.grid as (request: Requests["grid"]) => Event[] | AsyncIterable<Event>;
  const grid = (request: Requests["grid"]) => play(request);
  const { gridding } = await run(store, "Dish: {dish}", { ...SCRIPT, grid });
  const { shown } = gridding;
  play = () => late.play();
  const running = gridding.run();
  await vi.waitFor(() => expect(gridding.job.running).toBe(true));
  gridding.stop();
  late.release();
  await running;
  expect(gridding.shown).toBe(shown);
  expect(gridding.cells.known).not.toContain(null);
  expect(gridding.grids.all).toHaveLength(1);
});

test("one that is removed is gone everywhere", async () => {
  const store = new OwnStorage();
  const { gridding } = await run(store, "Dish: {dish}");
  const { shown } = gridding;
  await gridding.drop(shown);
  expect(gridding.grids.all).toEqual([]);
  expect(gridding.asked).toBeNull();
  expect(gridding.template).toBe("Dish: {dish}"); // what was set up stays
  await gridding.show(shown);
  expect(gridding.trouble).toBe("gone");
});

test("what can't be saved is told, and stays as long as the page does", async () => {
  const store = new OwnStorage();
  const both = await started(SCRIPT, STATE, store);
  const { gridding } = both.workbench;
  vi.spyOn(store.kept.grids, "write").mockResolvedValue("failed");
  gridding.set({ template: "Dish" });
  flushSync();
  await gridding.run();
  await vi.waitFor(() => expect(gridding.grids.state).toBe("unsaved"));
  expect(gridding.cells.known[0]).not.toBeNull();
});

test("a link leads to a grid, also in another browser", async () => {
  const store = new OwnStorage();
  const { gridding } = await run(store, "Dish: {dish}");
  localStorage.clear();
  const there = await started(SCRIPT, STATE, new OwnStorage(store.kept));
  const address = { returns: false, link: `#grid=${gridding.shown}` };
  const stop = followAddress(
    {
      returns: false,
      read: () => address.link,
      write: (link) => (address.link = link),
      watch: () => () => undefined,
    },
    there.workbench,
  );
  await vi.waitFor(() => expect(there.workbench.gridding.asked?.template).toBe("Dish: {dish}"));
  expect(there.workbench.session.view).toBe("grid");
  await vi.waitFor(() => expect(address.link).toBe(`#grid=${gridding.shown}`));
  stop();
});

test("what is known becomes a file", async () => {
  const { gridding, transport } = await run(new OwnStorage(), "Dish: {dish}", {
    ...SCRIPT,
    write_grid: (): Event[] => [{ type: "grid_written", text: "a,b", name: "backlit-grid.csv" }],
  });
  expect(await gridding.write("csv")).toMatchObject({ text: "a,b" });
  expect(transport.requests("write_grid")[0]).toMatchObject({
    form: "csv",
    rows: ["row 1"],
    cells: [{ row: 0 }],
  });
});

test("a grid that is removed while it runs stops, and nothing of it comes back", async () => {
  const late = held([
    { type: "cell", cell: cell(0) },
    { type: "grid", variants: [FOUND] },
  ]);
  const store = new OwnStorage();
  const { workbench } = await started({ ...SCRIPT, grid: late.play }, STATE, store);
  const { gridding } = workbench;
  gridding.set({ template: "Dish" });
  flushSync();
  const running = gridding.run();
  await vi.waitFor(() => expect(gridding.grids.all).toHaveLength(1)); // the first cell is saved
  await gridding.drop(gridding.shown);
  late.release();
  await running;
  expect(gridding.running).toBe(false);
  expect(gridding.asked).toBeNull();
  expect(gridding.grids.all).toEqual([]);
});

test("looking through earlier grids loses nothing that was typed", async () => {
  const { gridding } = await run(new OwnStorage(), "First {dish}");
  const first = gridding.shown;
  gridding.set({ template: "Second {dish}" });
  flushSync();
  await gridding.run();
  await vi.waitFor(() => expect(gridding.grids.all).toHaveLength(2));
  const second = gridding.shown;
  gridding.set({ template: "Typed {dish}" });
  await gridding.show(first);
  await gridding.show(second);
  gridding.back();
  flushSync();
  expect(gridding.template).toBe("Typed {dish}");
});

test("one keeps the setup that it was run with, whatever is typed meanwhile", async () => {
  const store = new OwnStorage();
  const { gridding } = await run(store, "Dish: {dish}");
  gridding.set({ find: "typed since" });
  gridding.stop();
  const kept = await gridding.grids.read(gridding.shown);
  expect(kept?.setup.find).toBe("");
});

test("a page that knows less does not take the place of one that went on", async () => {
  const store = new OwnStorage();
  const { gridding } = await run(store, "Dish: {dish}");
  const whole = (await gridding.grids.read(gridding.shown))!;
  await gridding.grids.keep(gridding.shown, { ...whole, cells: [null], found: null });
  expect((await gridding.grids.read(gridding.shown))?.cells).not.toContain(null);
});
