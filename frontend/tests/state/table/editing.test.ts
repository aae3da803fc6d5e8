import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import { keyOf } from "../../../src/model/table";
import type { Event } from "../../../src/wire";
import { ROW, tabling, whole } from "../../support/table";

test("a change is kept, told, and undone", async () => {
  const { editing, server } = tabling();
  await editing.edit(ROW);
  expect(editing.open?.row).toEqual(whole("row-1"));
  expect(await editing.save(ROW, "change", { prompt: "Sing." })).toBe(true);
  await vi.waitFor(() => expect(editing.open?.row.prompt).toBe("Sing."));
  expect(editing.done?.what).toBe("change");
  await editing.undo();
  expect(editing.done).toBeNull();
  await vi.waitFor(() => expect(editing.open?.row.prompt).toBe("Say it."));
  await vi.waitFor(() => expect(server.connect).toHaveBeenCalledWith(true)); // the page hears of it
});

test("changes that follow on each other are all made, in order", async () => {
  const { editing, kept } = tabling();
  await editing.edit(ROW);
  const made = [
    editing.save(ROW, "first", { prompt: "Sing." }),
    editing.save(ROW, "second", { target: " La." }),
    editing.undo(),
    editing.duplicate(ROW, "copy"),
  ];
  await Promise.all(made);
  expect(kept.get("row-1")).toEqual({ ...whole("row-1"), prompt: "Sing." });
  expect(kept.get("row-1 (2)")?.prompt).toBe("Sing.");
  expect(editing.done?.what).toBe("copy");
});

test("what could not be kept is not shown as kept", async () => {
  const refused: Event[] = [{ type: "error", error: { code: "X", message: "No room.", hint: "" } }];
  const { editing } = tabling({ edit: () => refused });
  await editing.edit(ROW);
  expect(await editing.save(ROW, "change", { prompt: "Sing." })).toBe(false);
  expect(editing.open?.row.prompt).toBe("Say it.");
  expect(editing.changing.error?.message).toBe("No room.");
  expect(editing.done).toBeNull();
});

test("a row that is gone is not open any more", async () => {
  const { editing, kept } = tabling();
  await editing.insert("big", null);
  const added = editing.open!.row.id;
  expect(added).toBe("row (2)");
  kept.set(added, null); // elsewhere
  editing.renew();
  await vi.waitFor(() => expect(editing.open).toBeNull());
});

test("dropped rows are not selected, and dropping is undone for all of a dataset at once", async () => {
  const { editing, kept, table } = tabling();
  const places = [ROW, { dataset: "big", id: "row-2" }];
  for (const place of places) table.selected.add(keyOf(place));
  await editing.edit(ROW);
  await editing.remove(places);
  flushSync();
  expect(table.selected.size).toBe(0);
  expect([kept.get("row-1"), kept.get("row-2")]).toEqual([null, null]);
  await vi.waitFor(() => expect(editing.open).toBeNull());
  await editing.undo();
  expect(kept.get("row-2")).toEqual(whole("row-2"));
});

test("a dataset that is removed takes its rows along", async () => {
  const removed: Event[] = [{ type: "removed" }];
  const { editing, server, table, transport } = tabling({ remove: () => removed });
  await editing.edit(ROW);
  await editing.save(ROW, "change", { prompt: "Sing." });
  const other = keyOf({ dataset: "bigger", id: "row-1" });
  for (const key of [keyOf(ROW), other]) table.selected.add(key);
  await editing.removeDataset("big");
  expect(transport.requests("remove")).toEqual([{ dataset: "big" }]);
  expect([...table.selected]).toEqual([other]);
  expect([editing.open, editing.done]).toEqual([null, null]);
  expect(server.connect).toHaveBeenCalled();
});

test("a row is looked at as an example, with what was typed just now", async () => {
  const { editing, show } = tabling();
  void editing.save(ROW, "change", { prompt: "Sing." });
  await editing.lookAt(ROW);
  expect(show).toHaveBeenCalledWith(expect.objectContaining({ key: "big/row-1", prompt: "Sing." }));
});
