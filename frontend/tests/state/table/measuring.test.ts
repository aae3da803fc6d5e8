import { expect, test, vi } from "vitest";
import { keyOf } from "../../../src/model/table";
import { Measuring } from "../../../src/state/table/measuring.svelte";
import type { Event } from "../../../src/wire";
import { FakeTransport, STATE } from "../../support/fixtures";

const measured = (done: number, problems: string[] = []): Event => ({
  type: "measured",
  done,
  problems,
});

function measuring(script: object) {
  const transport = new FakeTransport(script);
  const watcher = { model: vi.fn(), lost: vi.fn(), remote: () => false, tells: () => true };
  const choices = { model: STATE.models[0]!, options: STATE.options };
  const places = ["a", "b"].map((id) => keyOf({ dataset: "pets", id }));
  const table = { selected: new Set(places) };
  const editing = { renew: vi.fn() };
  const of = new Measuring(transport, watcher, choices as never, table as never, editing);
  return { editing, of, table, transport };
}

test("selected rows are measured, and seen as they come", async () => {
  const script = { measure: () => [measured(1), measured(2, ["b: it is too long"])] };
  const { editing, of, transport } = measuring(script);
  of.toggle("perplexity");
  of.toggle("bleu");
  await of.run();
  expect(transport.requests("measure")).toEqual([
    {
      model: STATE.models[0]!.name,
      measures: ["tokens", "log_prob", "bleu"],
      options: STATE.options,
      rows: [
        { dataset: "pets", id: "a" },
        { dataset: "pets", id: "b" },
      ],
    },
  ]);
  expect(editing.renew).toHaveBeenCalledTimes(2);
  expect([of.asked, of.done, of.problems]).toEqual([2, 2, ["b: it is too long"]]);
});

test("nothing is asked for without rows, measures or anybody to ask", async () => {
  const { of, table, transport } = measuring({ measure: () => [measured(2)] });
  for (const name of ["tokens", "log_prob", "perplexity"] as const) of.toggle(name);
  await of.run();
  of.toggle("tokens");
  table.selected.clear();
  await of.run();
  expect(transport.requests("measure")).toEqual([]);
});

test("what was kept before it failed is seen", async () => {
  const failed: Event = { type: "error", error: { code: "X", message: "No room.", hint: "" } };
  const { editing, of } = measuring({ measure: () => [measured(1), failed] });
  await of.run();
  expect(of.job.error?.message).toBe("No room.");
  expect(editing.renew).toHaveBeenCalledTimes(2);
});
