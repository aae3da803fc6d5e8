import { expect, test, vi } from "vitest";
import { Averaging } from "../../../src/state/batch/averaging.svelte";
import { Server } from "../../../src/state/server.svelte";
import type { Event, Requests } from "../../../src/wire";
import { FakeTransport, STATE } from "../../support/fixtures";

const MAPS = [
  { method: "occlusion", granularity: "line" },
  { method: "lime", granularity: "token" },
];

/** A server that tells what it was asked. */
async function averaging(script = {}) {
  const transport = new FakeTransport(
    {
      batch_summary: ({ find, method }: Requests["batch_summary"]): Event[] => [
        {
          type: "batch_summary",
          sentences: [`${method}, ${find}`],
          plot: "<svg/>",
          tables: [],
          notes: [],
          markdown: "",
          html: "",
        },
      ],
      ...script,
    },
    STATE,
  );
  const server = new Server(transport, () => {});
  await server.connect();
  return { averages: new Averaging(server, "menu"), transport };
}

test("it is told of the batch's first map", async () => {
  const { averages, transport } = await averaging();
  await averages.ask(MAPS);
  expect(averages.told?.sentences).toEqual(["occlusion, null"]);
  expect(transport.requests("batch_summary")).toEqual([
    { batch: "menu", method: "occlusion", granularity: "line", by: "line", find: null },
  ]);
});

test("what is typed is asked for once, and what was told stays until then", async () => {
  const { averages, transport } = await averaging();
  await averages.ask(MAPS);
  averages.set({ find: "mi" }, MAPS, true);
  averages.set({ find: " milk " }, MAPS, true);
  expect(averages.told?.sentences).toEqual(["occlusion, null"]);
  await vi.waitFor(() => expect(averages.told?.sentences).toEqual(["occlusion, milk"]));
  expect(transport.requests("batch_summary")).toHaveLength(2);
  expect(averages.find).toBe(" milk ");
});

test("another map and other parts are asked for", async () => {
  const { averages, transport } = await averaging();
  averages.set({ map: 1 }, MAPS);
  averages.set({ by: "role" }, MAPS);
  await vi.waitFor(() => expect(averages.told?.sentences).toEqual(["lime, null"]));
  expect(transport.requests("batch_summary")).toMatchObject([
    { method: "lime", granularity: "token", by: "role" },
  ]);
});

test("of a batch without a map nothing is asked", async () => {
  const { averages, transport } = await averaging();
  await averages.ask([]);
  expect(transport.requests("batch_summary")).toEqual([]);
  expect(averages.told).toBeNull();
});

test("what went wrong is told", async () => {
  const error = { code: "DataError", message: "There is no map in this batch.", hint: "" };
  const { averages } = await averaging({ batch_summary: () => [{ type: "error", error }] });
  await averages.ask(MAPS);
  expect(averages.job.error).toEqual(error);
});
