import { expect, test } from "vitest";
import type { Event, Requests } from "../../src/wire";
import { attribution, found, proofsOf } from "../support/fixtures";
import { answered, explained, quiet, started } from "../support/workbench";

const CHOICE = { form: "html", note: " Look. ", without: [] } as const;
const FILE = { text: "<!doctype html>", name: "backlit-it.html", report: "a report" };
const MADE: Event = { type: "exported", ...FILE };
const SCRIPT = { export: (): Event[] => [MADE] };

const asked = (requests: readonly unknown[]) => requests.at(-1) as Requests["export"];

test("what is seen is asked for, with what was measured of it", async () => {
  const { workbench, transport } = await explained(SCRIPT);
  const file = await workbench.exporting.make(CHOICE);
  expect(file).toMatchObject(FILE);
  const request = asked(transport.requests("export"));
  const [map] = request.explanations[0]!.attributions;
  expect(map!.target).toMatchObject({ start: 8, stop: 10 });
  expect(map!.proofs).toEqual(proofsOf(attribution().segments));
  expect(request.note).toBe("Look.");
  expect(request.examples).toEqual(["first"]);
  expect(request.scopes).toEqual([workbench.session.scope]);
  expect(request.log_probs).toBeNull();
});

test("maps by other methods come along, each once", async () => {
  const { workbench, transport } = await explained({
    ...SCRIPT,
    explain: (request: Requests["explain"]): Event[] => [
      found({ method: request.method, granularity: request.granularity }),
    ],
  });
  workbench.session.set({ method: "gradient" });
  await quiet(transport);
  workbench.setGranularity("word");
  await quiet(transport);
  await workbench.exporting.make(CHOICE);
  const { attributions } = asked(transport.requests("export")).explanations[0]!;
  expect(attributions.map(({ method }) => method)).toEqual(["gradient", "occlusion"]);
});

test("an answer that nothing was asked about has no map", async () => {
  const { workbench, transport } = await answered(SCRIPT);
  expect(workbench.exporting.handed()?.maps).toEqual([null]);
  await workbench.exporting.make(CHOICE);
  expect(asked(transport.requests("export")).explanations[0]!.attributions).toEqual([]);
});

test("there is nothing to export before there is an answer", async () => {
  const { workbench, transport } = await started(SCRIPT);
  expect(await workbench.exporting.make(CHOICE)).toBeNull();
  expect(transport.requests("export")).toEqual([]);
});

test("what went wrong is told until it is asked again", async () => {
  const error = { code: "InputError", message: "There is no map.", hint: "" };
  const { workbench } = await explained({ export: (): Event[] => [{ type: "error", error }] });
  workbench.exporting.ask();
  expect(await workbench.exporting.make(CHOICE)).toBeNull();
  expect(workbench.exporting.job.error).toEqual(error);
  workbench.exporting.close();
  expect(workbench.exporting.open).toBe(false);
  expect(workbench.exporting.job.error).toBeNull();
});

test("which runs were handed on as a page is remembered", async () => {
  const { workbench } = await explained(SCRIPT);
  const { store } = workbench.session;
  await workbench.exporting.make({ ...CHOICE, form: "md" });
  expect(await store.kept.reports.list()).toEqual([]);
  await workbench.exporting.make(CHOICE);
  expect(await store.kept.reports.list()).toEqual([
    { id: "a report", runs: [workbench.runs.current] },
  ]);
});
