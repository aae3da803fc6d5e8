import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import type { Row } from "../../../src/model/grid";
import { Workbench } from "../../../src/state/workbench.svelte";
import type { Cell, Event, Requests, VariantFound } from "../../../src/wire";
import { FakeTransport, PROMPT_TEXT, segmentations, sequence, STATE } from "../../support/fixtures";
import { held, OwnStorage, quiet, started } from "../../support/workbench";

const ROWS: readonly Row[] = [
  { id: "row 1", fields: { dish: "soup" } },
  { id: "row 2", fields: { dish: "  " } },
  { id: "row 3", fields: { dish: "tea" } },
];
const FOUND: VariantFound = {
  found: null,
  changed: null,
  answer_log_prob: null,
  gained: null,
  effects: [],
  sentence: "as it is: nothing was measured.",
};

function cell(variant: number, row: number, text = " Avoid."): Cell {
  const sample = { response: text, ids: [1, 2], finish_reason: "stop" as const };
  return { variant, row, prompt: PROMPT_TEXT, samples: [sample], effects: [], problem: "" };
}

const VARY = ({ principles, template }: Requests["vary"]): Event[] => [
  {
    type: "variants",
    variables: [],
    variants: principles.map((text, i) => ({
      name: `principle ${i + 1}`,
      template: `${text}\n${template as string}`,
      change: "",
    })),
  },
];
const GRID = ({ variants }: Requests["grid"]): Event[] => [
  { type: "cell", cell: cell(0, 0) },
  { type: "cell", cell: cell(1, 1, " Try it.") },
  { type: "grid", variants: variants.map(() => FOUND) },
];
const SCRIPT = { vary: VARY, grid: GRID };

async function ready(script: object = SCRIPT) {
  const both = await started(script);
  both.workbench.gridding.set({
    template: "Dish: {dish}",
    rows: ROWS,
    principles: ["Be kind.", " "],
  });
  flushSync();
  return both;
}

test("the template is the page's prompt until another one is typed", async () => {
  const { workbench } = await started(SCRIPT);
  const { gridding } = workbench;
  expect(gridding.template).toBe(PROMPT_TEXT);
  expect(gridding.variables).toEqual([]);
  expect(gridding.question?.rows).toHaveLength(1);
  gridding.set({ template: "{a}" });
  expect(gridding.variables).toEqual(["a"]);
  expect(gridding.question?.rows).toEqual([]);
});

test("once it is run, the template and where answers end stay, whatever the page shows", async () => {
  const one = (): Event[] => [
    { type: "cell", cell: cell(0, 0) },
    { type: "grid", variants: [FOUND] },
  ];
  const { workbench } = await started({ vary: VARY, grid: one });
  const { gridding, session } = workbench;
  session.setOptions({ stop: ["\n"] });
  await gridding.run();
  session.set({ draft: { mode: "text", text: "Another prompt", messages: [] } });
  session.setOptions(null);
  expect(gridding.template).toBe(PROMPT_TEXT);
  expect(gridding.question?.options.stop).toEqual(["\n"]);
  expect(gridding.stale).toBe(false);
});

test("variants are made, and every row that has something is asked about", async () => {
  const { workbench, transport } = await ready();
  const { gridding } = workbench;
  gridding.set({ find: "Avoid", isPattern: true, answer: " Avoid.", samples: 4 });
  await gridding.run();
  const vary = transport.requests("vary").at(-1) as Requests["vary"];
  expect(vary).toMatchObject({ template: "Dish: {dish}", principles: ["Be kind."] });
  const request = transport.requests("grid").at(-1) as Requests["grid"];
  expect(request.variants.map(({ name }) => name)).toEqual(["as it is", "principle 1"]);
  expect(request.rows.map(({ id }) => id)).toEqual(["row 1", "row 3"]);
  expect(request).toMatchObject({
    model: "toy",
    find: "Avoid",
    is_pattern: true,
    answer: " Avoid.",
    samples: 1, // at temperature 0
    effects: true,
  });
  expect(gridding.cells.slots.map(({ cell }) => cell?.samples[0]?.response ?? null)).toEqual([
    " Avoid.",
    null,
    null,
    " Try it.",
  ]);
  expect(gridding.found).toHaveLength(2);
});

test("samples are asked for at a temperature", async () => {
  const { workbench, transport } = await ready();
  workbench.session.setOptions({ temperature: 0.7 });
  workbench.gridding.set({ samples: 4 });
  await workbench.gridding.run();
  expect(transport.requests("grid").at(-1)).toMatchObject({
    samples: 4,
    find: null,
    answer: null,
    options: { temperature: 0.7 },
  });
});

test("what is changed since is told", async () => {
  const { workbench } = await ready();
  const { gridding } = workbench;
  expect(gridding.stale).toBe(false);
  await gridding.run();
  expect(gridding.stale).toBe(false);
  gridding.set({ find: "x" });
  expect(gridding.stale).toBe(true);
  gridding.set({ find: "" });
  expect(gridding.stale).toBe(false);
  workbench.session.setOptions({ temperature: 0.5 });
  expect(gridding.stale).toBe(true);
});

test("cells come while it runs, and stay when it is stopped", async () => {
  const grid = held([
    { type: "cell", cell: cell(0, 0) },
    { type: "grid", variants: [] },
  ]);
  const { workbench } = await ready({ vary: VARY, grid: grid.play });
  const { gridding } = workbench;
  const running = gridding.run();
  await vi.waitFor(() => expect(gridding.cells.slots[0]?.cell?.samples).toHaveLength(1));
  expect(gridding.running).toBe(true);
  gridding.stop();
  grid.release();
  await running;
  expect(gridding.running).toBe(false);
  expect(gridding.cells.slots[0]?.cell?.samples).toHaveLength(1);
  expect(gridding.found).toBeNull();
});

test("what can't be made is told, and nothing is asked", async () => {
  const error = { code: "OptionsError", message: "The template has no examples.", hint: "" };
  const { workbench, transport } = await ready({ vary: (): Event[] => [{ type: "error", error }] });
  await workbench.gridding.run();
  expect(workbench.gridding.job.error).toEqual(error);
  expect(workbench.gridding.asked).toBeNull();
  expect(transport.requests("grid")).toEqual([]);
});

test("what is refused leaves what was there", async () => {
  const error = { code: "PatternError", message: "The pattern can't be read.", hint: "" };
  let refused = false;
  const { workbench } = await ready({
    vary: VARY,
    grid: (request: Requests["grid"]): Event[] =>
      refused
        ? [
            { type: "queued", ahead: 1 },
            { type: "error", error },
          ]
        : GRID(request),
  });
  const { gridding } = workbench;
  await gridding.run();
  refused = true;
  await gridding.run();
  expect(gridding.job.error).toEqual(error);
  expect(gridding.running).toBe(false);
  expect(gridding.cells.slots[0]?.cell?.samples).toHaveLength(1);
  expect(gridding.found).toHaveLength(2);
});

test("who went on elsewhere is not taken to an answer that comes late", async () => {
  const { workbench } = await ready({
    ...SCRIPT,
    respond: (): Event[] => {
      workbench.session.setView("compare");
      return [
        {
          type: "generation",
          generation: {
            prompt: PROMPT_TEXT,
            sequence: sequence(),
            finish_reason: "stop",
            model: "toy",
            muted: [],
          },
          segmentations: segmentations(10),
        },
      ];
    },
  });
  await workbench.gridding.run();
  workbench.session.setView("grid");
  const { cell: first } = workbench.gridding.cells.slots[0]!;
  await workbench.gridding.open(first!, first!.samples[0]!, 0);
  expect(workbench.session.view).toBe("compare");
});

test("without a row that has something nothing is asked", async () => {
  const { workbench, transport } = await ready();
  workbench.gridding.set({ rows: [ROWS[1]!] });
  await workbench.gridding.run();
  expect(transport.requests("vary")).toEqual([]);
});

test("a cell is looked into: its answer, as it was written, and what led to all of it", async () => {
  const { workbench, transport } = await ready({
    ...SCRIPT,
    respond: ({ reference }: Requests["respond"]): Event[] => [
      {
        type: "generation",
        generation: {
          prompt: reference.prompt,
          sequence: sequence(),
          finish_reason: "stop",
          model: "toy",
          muted: [],
        },
        segmentations: segmentations(10),
      },
    ],
  });
  const { gridding, session } = workbench;
  await gridding.run();
  session.setView("grid");
  const examples = workbench.prompting.library.examples.length;
  const { cell: first } = gridding.cells.slots[0]!;
  await gridding.open(first!, first!.samples[0]!, 0);
  await quiet(transport);
  const request = transport.requests("respond").at(-1) as Requests["respond"];
  expect(request).toMatchObject({ model: "toy", response: [1, 2] });
  expect(request.reference).toMatchObject({ prompt: PROMPT_TEXT, finish_reason: "stop" });
  expect(session.view).toBe("look");
  expect(workbench.selection.target).toEqual([5, 10]);
  expect(transport.requests("explain")).toHaveLength(1);
  expect(workbench.prompting.library.examples).toHaveLength(examples);
});

test("an answer without a word can't be looked into", async () => {
  const { workbench, transport } = await ready();
  await workbench.gridding.run();
  const { cell: first } = workbench.gridding.cells.slots[0]!;
  await workbench.gridding.open(first!, { ...first!.samples[0]!, ids: [] }, 0);
  expect(transport.requests("respond")).toEqual([]);
});

test("what is tried survives a reload", async () => {
  const store = new OwnStorage();
  const { workbench } = await started(SCRIPT, STATE, store);
  workbench.gridding.set({ rows: ROWS, find: "Avoid" });
  await workbench.session.flush();
  const again = new Workbench(new FakeTransport(), store);
  expect(again.gridding.setup).toMatchObject({ rows: ROWS, find: "Avoid", samples: 1 });
  again.stop();
});
