import { expect, test, vi } from "vitest";
import { Batching, type BatchRow } from "../../../src/state/batch/batching.svelte";
import { Server } from "../../../src/state/server.svelte";
import { Session } from "../../../src/state/prompt/session.svelte";
import type { Event, Requests } from "../../../src/wire";
import { FakeTransport, STATE } from "../../support/fixtures";
import { OwnStorage } from "../../support/workbench";

const row = (number: number): BatchRow => ({
  run: `run-${number}`,
  row: `row-${number}`,
  variant: null,
  status: "done",
  answer: "It is.",
  target: "is",
  target_log_prob: -1,
  top: "Be kind.",
  top_score: 2,
  verdict: null,
  seconds: 0.1,
  error: null,
});

const ABOUT: Event<"batch"> = {
  type: "batch",
  model: "toy",
  data: "menu",
  maps: [{ method: "occlusion", granularity: "line" }],
  signed: true,
  measure: "log_prob",
  words: null,
  pattern: null,
  last_line: false,
  rows: 1000,
  variants: [],
  statuses: { done: 1000 },
  verdicts: {},
  damaged: [],
};

/** A batch of 1,000 runs on a server that has two. */
async function batching(script = {}, store = new OwnStorage()) {
  const transport = new FakeTransport(
    {
      batch: () => [ABOUT],
      batch_rows: ({ count, first }: Requests["batch_rows"]): Event[] => [
        {
          type: "batch_rows",
          total: 1000,
          found: 1000,
          first,
          rows: Array.from({ length: Math.min(count, 1000 - first) }, (_, i) => row(first + i)),
        },
      ],
      batch_run: ({ run }: Requests["batch_run"]): Event[] => [
        {
          type: "batch_run",
          row: row(Number(run.slice(4))),
          whole: null,
          error: null,
          number: 3,
          found: 1000,
          before: null,
          after: null,
        },
      ],
      ...script,
    },
    { ...STATE, batches: ["menu", "other"] },
  );
  const server = new Server(transport, () => {});
  await server.connect();
  const session = new Session(store);
  return { batch: new Batching(server, session), session, transport };
}

test("the first is opened, and its runs are asked for as they come into sight", async () => {
  const { batch, transport } = await batching();
  expect(batch.name).toBe("menu");
  await batch.open();
  await vi.waitFor(() => expect(batch.found).toBe(1000));
  expect(batch.about).toEqual(ABOUT);
  batch.need(390, 410);
  await vi.waitFor(() => expect(batch.at(405)).toEqual(row(405)));
  expect(batch.at(3)).toEqual(row(3));
  expect(transport.requests("batch_rows").map(({ first }) => first)).toEqual([0, 200, 400]);
});

test("read again, it is asked for as it is by now", async () => {
  const { batch, transport } = await batching();
  await batch.open();
  await batch.open(true);
  expect(transport.requests("batch").map(({ again }) => again)).toEqual([false, true]);
  await vi.waitFor(() => expect(transport.requests("batch_rows")).toHaveLength(2));
});

test("what is looked for is kept, and begins at the top", async () => {
  const { batch, session, transport } = await batching();
  await batch.open();
  batch.top = 500;
  batch.set({ text: "d" }, true);
  batch.set({ text: "dog", status: "failed" }, true);
  expect(batch.top).toBe(0);
  await vi.waitFor(() => expect(transport.requests("batch_rows")).toHaveLength(2));
  expect(transport.requests("batch_rows").at(-1)).toMatchObject({ text: "dog", status: "failed" });
  expect(session.batch).toMatchObject({ name: "menu", text: "dog" });
});

test("a run is read among those that are found, and the table is as it was after", async () => {
  const { batch, session, transport } = await batching();
  batch.set({ variant: "warm" });
  batch.top = 500;
  batch.look("run-3");
  await batch.load();
  expect(batch.read?.row).toEqual(row(3));
  expect(transport.requests("batch_run")).toMatchObject([
    { batch: "menu", run: "run-3", variant: "warm" },
  ]);
  batch.look("");
  await batch.load();
  expect(transport.requests("batch_run")).toHaveLength(1);
  expect(session.batch).toMatchObject({ name: "menu", run: "", variant: "warm" });
  expect(batch.top).toBe(500);
});

test("a run that could not be read yet is the one that was left", async () => {
  const { batch } = await batching({
    batch_run: async function* () {
      yield* await new Promise<Event[]>(() => {});
    },
  });
  batch.look("run-3");
  void batch.load();
  batch.look("");
  expect(batch.left).toBe("run-3");
  expect(batch.read).toBeNull();
  batch.choose("other");
  expect(batch.left).toBe("");
});

test("another batch begins with nothing looked for", async () => {
  const { batch, transport } = await batching();
  batch.set({ text: "dog" });
  batch.choose("other");
  expect(batch.setup).toMatchObject({ name: "other", text: "" });
  expect(batch.about).toBeNull();
  await batch.open();
  expect(transport.requests("batch").at(-1)).toEqual({ batch: "other", again: false });
});

test("what went wrong is told, and no run is asked for", async () => {
  const error = { code: "DataError", message: "It is damaged.", hint: "" };
  const { batch, transport } = await batching({ batch: () => [{ type: "error", error }] });
  await batch.open();
  expect(batch.opening.error).toEqual(error);
  expect(transport.requests("batch_rows")).toEqual([]);
});
