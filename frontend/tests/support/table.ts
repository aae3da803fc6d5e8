/** A server's table of 1,000 rows, which can be changed. */
import { vi } from "vitest";
import { Session } from "../../src/state/prompt/session.svelte";
import { Editing } from "../../src/state/table/editing.svelte";
import { Files } from "../../src/state/table/files.svelte";
import { Tabling } from "../../src/state/table/tabling.svelte";
import type { Event, ExampleInfo, Requests } from "../../src/wire";
import { FakeTransport } from "./fixtures";
import { OwnStorage } from "./workbench";

export const head = (number: number) => ({
  dataset: "big",
  id: `row-${number}`,
  cells: [`row-${number}`, "Say it."],
});
export const whole = (id: string) => ({
  id,
  prompt: "Say it.",
  target: null,
  source: null,
  fields: {},
});

function rows({ count, first }: Requests["rows"]): Event[] {
  const found = Math.min(1000 - first, count);
  return [
    {
      type: "rows",
      total: 1000,
      found: 1000,
      first,
      columns: ["id", "prompt"],
      more: 0,
      rows: Array.from({ length: found }, (_, i) => head(first + i)),
    },
  ];
}

export const ROW = { dataset: "big", id: "row-1" };

/** A table of 1,000 rows, and what is done with it. */
export function tabling(script = {}) {
  const kept = new Map<string, ExampleInfo | null>();
  const row = (id: string) => (kept.has(id) ? (kept.get(id) ?? null) : whole(id));
  const edit = ({ edits }: Requests["edit"]): Event[] => {
    const undo = JSON.stringify(edits.map(({ id }) => [id, row(id)]));
    for (const { id, like, values, new: fresh } of edits) {
      const start = like != null || !fresh ? row(like ?? id)! : whole(id);
      kept.set(
        fresh ? `${id} (2)` : id,
        values && { ...start, ...values, id: fresh ? `${id} (2)` : id },
      );
    }
    const ids = edits.map(({ id, new: fresh }) => (fresh ? `${id} (2)` : id));
    return [{ type: "edited", ids, undo }];
  };
  const transport = new FakeTransport({
    rows,
    edit,
    undo: ({ undo }: Requests["undo"]): Event[] => {
      for (const [id, row] of JSON.parse(undo) as [string, ExampleInfo][]) kept.set(id, row);
      return [{ type: "edited", ids: [], undo: "" }];
    },
    row: ({ places }: Requests["row"]): Event[] => [
      { type: "row", rows: places.map(({ id }) => row(id)) },
    ],
    ...script,
  });
  const watcher = { model: vi.fn(), lost: vi.fn() };
  const datasets = [{ name: "big", count: 1000, added: false, examples: [] }];
  const server = { datasets, connect: vi.fn(() => Promise.resolve()) };
  const show = vi.fn();
  const store = new OwnStorage();
  const table = new Tabling(transport, watcher, new Session(store), server);
  const editing = new Editing(transport, watcher, store.kept, server, table, show);
  const files = new Files(transport, watcher, server, table);
  return { editing, files, kept, show, server, table, transport };
}
