import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import { Session } from "../../../src/state/prompt/session.svelte";
import { keyOf, placeOf } from "../../../src/model/table";
import { Files } from "../../../src/state/table/files.svelte";
import { Tabling } from "../../../src/state/table/tabling.svelte";
import type { Event, ExampleInfo, Requests } from "../../../src/wire";
import { FakeTransport, STATE } from "../../support/fixtures";
import { OwnStorage } from "../../support/workbench";

const head = (number: number) => ({
  dataset: "big",
  id: `row-${number}`,
  cells: [`row-${number}`, "Say it."],
});
const whole = (id: string) => ({ id, prompt: "Say it.", target: null, source: null, fields: {} });

function rows({ count, first }: Requests["rows"]): Event[] {
  const found = Math.min(1000 - first, count);
  return [
    {
      type: "rows",
      total: 1000,
      found: 1000,
      first,
      columns: ["id", "prompt"],
      rows: Array.from({ length: found }, (_, i) => head(first + i)),
    },
  ];
}

const ROW = { dataset: "big", id: "row-1" };

function tabling(script = {}) {
  const kept = new Map<string, ExampleInfo | null>();
  const row = (id: string) => kept.get(id) ?? whole(id);
  const edit = ({ edits }: Requests["edit"]): Event[] => {
    const undo = edits.map(({ id }) => ({ id, row: row(id), order: 1, after: null, new: false }));
    for (const { id, row } of edits) kept.set(id, row ?? null);
    const ids = edits.map(({ id, new: fresh }) => (fresh ? `${id} (2)` : id));
    return [{ type: "edited", ids, undo }];
  };
  const transport = new FakeTransport({
    rows,
    edit,
    row: ({ id }: Requests["row"]): Event[] => [{ type: "row", row: row(id) }],
    ...script,
  });
  const watcher = { model: vi.fn(), lost: vi.fn() };
  const datasets = [{ name: "big", count: 1000, examples: [] }];
  const server = { datasets, connect: vi.fn(() => Promise.resolve()) };
  const show = vi.fn();
  const store = new OwnStorage();
  const table = new Tabling(transport, watcher, new Session(store), store.kept, server, show);
  const files = new Files(transport, watcher, server, table);
  return { files, show, server, table, transport };
}

test("rows are asked for as they come into sight, and once", async () => {
  const { table, transport } = tabling();
  table.need(0, 30);
  await vi.waitFor(() => expect(table.found).toBe(1000));
  expect(table.at(3)).toEqual(head(3));
  expect(table.at(700)).toBeNull();
  table.need(390, 430);
  await vi.waitFor(() => expect(table.at(420)).toEqual(head(420)));
  expect(table.at(395)).toEqual(head(395));
  table.need(0, 30);
  expect(transport.requests("rows").map(({ first }) => first)).toEqual([0, 200, 400]);
});

test("what is looked for anew begins anew, and what was there stays until then", async () => {
  const { table, transport } = tabling();
  table.need(0, 30);
  await vi.waitFor(() => expect(table.found).toBe(1000));
  table.set({ anywhere: "dog" }, true);
  table.set({ anywhere: "dogs" }, true);
  expect(table.at(3)).toEqual(head(3));
  await vi.waitFor(() => expect(transport.requests("rows")).toHaveLength(2));
  expect(transport.requests("rows").at(-1)?.conditions).toEqual([
    { column: null, text: "dogs", is_pattern: false },
  ]);
});

test("a change is kept, told, and undone", async () => {
  const { table } = tabling();
  await table.edit(ROW);
  expect(table.open?.row).toEqual(whole("row-1"));
  expect(await table.save(ROW, "change", (row) => ({ ...row, prompt: "Sing." }))).toBe(true);
  expect(table.open?.row.prompt).toBe("Sing.");
  expect(table.done?.what).toBe("change");
  await table.undo();
  expect(table.done).toBeNull();
  expect(table.open?.row.prompt).toBe("Say it."); // read anew
});

test("two changes that follow on each other are both kept", async () => {
  const { table } = tabling();
  await table.edit(ROW);
  const first = table.save(ROW, "change", (row) => ({ ...row, prompt: "Sing." }));
  const second = table.save(ROW, "change", (row) => ({ ...row, target: " La." }));
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(table.open?.row).toEqual({ ...whole("row-1"), prompt: "Sing.", target: " La." });
});

test("what could not be kept is not shown as kept", async () => {
  const refused: Event[] = [{ type: "error", error: { code: "X", message: "No room.", hint: "" } }];
  const { table } = tabling({ edit: () => refused });
  await table.edit(ROW);
  expect(await table.save(ROW, "change", (row) => ({ ...row, prompt: "Sing." }))).toBe(false);
  expect(table.open?.row.prompt).toBe("Say it.");
  expect(table.changing.error?.message).toBe("No room.");
  expect(table.done).toBeNull();
});

test("a copy is open under the id that it got, and dropped rows are not selected", async () => {
  const { table } = tabling();
  await table.duplicate({ dataset: "big", id: "row-1" }, "copy");
  expect(table.open?.row.id).toBe("row-1 (2)");
  const place = { dataset: "big", id: "row-1 (2)" };
  table.selected.add(keyOf(place));
  await table.remove([place], "deletion");
  flushSync();
  expect(table.selected.size).toBe(0);
  expect(table.open).toBeNull();
  expect(placeOf(keyOf({ dataset: "a/b", id: '"' }))).toEqual({ dataset: "a/b", id: '"' });
});

test("all that are found are selected, also those out of sight", async () => {
  const { table, transport } = tabling();
  table.need(0, 30);
  await vi.waitFor(() => expect(table.found).toBe(1000));
  await table.selectAll(true);
  expect(table.selected.size).toBe(1000);
  expect(table.selected.has(keyOf({ dataset: "big", id: "row-999" }))).toBe(true);
  const asked = transport.requests("rows").length;
  await table.selectAll(false);
  expect(table.selected.size).toBe(0);
  expect(transport.requests("rows")).toHaveLength(asked);
});

test("a file becomes a dataset that is shown; one that is too large is told", async () => {
  const added: Event[] = [{ type: "added", name: "mine", count: 2 }];
  const { files, server, transport } = tabling({ add: () => added });
  await files.take(new File(["{}"], "mine.jsonl"));
  expect(transport.requests("add")).toEqual([
    { name: "mine", file: "mine.jsonl", content: "e30=" },
  ]);
  expect(server.connect).toHaveBeenCalled();
  expect(files.told).toContain("2 rows");
  const large = new File(["{}"], "large.jsonl");
  Object.defineProperty(large, "size", { value: 50_000_001 });
  await files.take(large);
  expect(files.job.error?.message).toContain("50 MB");
  expect(transport.requests("add")).toHaveLength(1);
});

test("a row is looked at as an example", async () => {
  const { show, table } = tabling();
  await table.lookAt({ dataset: "big", id: "row-1" });
  expect(show).toHaveBeenCalledWith(expect.objectContaining({ key: "big/row-1" }));
  expect(STATE.datasets[0]?.count).toBe(3);
});
