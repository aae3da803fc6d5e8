import { flushSync } from "svelte";
import { describe, expect, test, vi } from "vitest";
import type { Listed, RecordStore, Written } from "../../src/host/store";
import type { Workbench } from "../../src/state/workbench.svelte";
import { t } from "../../src/strings";
import type { ModelInfo } from "../../src/wire";
import { FINDING, STATE } from "../support/fixtures";
import { answered, explained, OwnStorage, quiet, started } from "../support/workbench";

/** Wait until the list says this of its runs: what was asked, the first first. */
async function listed(workbench: Workbench, targets: (string | null)[]) {
  await vi.waitFor(() => expect(workbench.runs.all.map(({ target }) => target)).toEqual(targets));
}

/** Where only the runs are known, and the models are others. */
function onAnother(store: OwnStorage, change: Partial<ModelInfo> = {}) {
  localStorage.clear();
  const models = STATE.models.map((model) => ({ ...model, name: "another", ...change }));
  return started({}, { ...STATE, models }, new OwnStorage(store.kept));
}

/** Room for so many. */
class Narrow implements RecordStore {
  readonly most = 100;
  readonly kept = new Map<string, { listed: Listed; whole: unknown }>();
  constructor(private readonly room: number) {}
  list = async () => [...this.kept.values()].map(({ listed }) => listed);
  read = async (id: string) => this.kept.get(id)?.whole ?? null;
  async write(listed: Listed, whole?: unknown): Promise<Written> {
    const before = this.kept.get(listed.id);
    if (!before && this.kept.size >= this.room) return "full";
    this.kept.set(listed.id, { listed, whole: whole ?? before?.whole });
    return "kept";
  }
  async drop(id: string) {
    this.kept.delete(id);
  }
  watch: RecordStore["watch"] = () => () => {};
}

describe("runs", () => {
  test("are kept as they come: an answer, then what is asked about it", async () => {
    const { workbench, transport } = await answered();
    await listed(workbench, [null]);
    expect(workbench.runs.all[0]).toMatchObject({
      example: "first",
      words: "It is bad. Avoid it.",
    });
    workbench.setTarget([8, 10]);
    await quiet(transport);
    await listed(workbench, ["Avoid it."]);
    workbench.setTarget([5, 8]);
    await quiet(transport);
    await listed(workbench, ["It is bad.", "Avoid it."]);
    workbench.setTarget(null);
    flushSync();
    await listed(workbench, ["It is bad.", "Avoid it."]);
  });

  test("that are left at once are kept, too", async () => {
    const { workbench, transport } = await explained();
    flushSync();
    workbench.prompting.open(null);
    flushSync();
    await quiet(transport);
    await listed(workbench, ["Avoid it."]);
  });

  test("are shown again with map, finding and check, and nothing is computed", async () => {
    const { workbench, transport } = await explained();
    await workbench.findings.check();
    await vi.waitFor(() => expect(workbench.runs.all[0]?.verdict).toBe("holds"));
    const [run] = workbench.runs.all;
    workbench.prompting.open(null);
    flushSync();
    expect(workbench.answers.current).toBeNull();
    const asked = transport.asked.length;
    await workbench.showRun(run!.id);
    await quiet(transport);
    expect(workbench.prompting.example?.id).toBe("first");
    expect(workbench.selection.target).toEqual([8, 10]);
    expect(workbench.findings.shown?.attributions[0]?.faithfulness?.verdict).toBe("holds");
    expect(workbench.findings.proving.finding).toBe(FINDING);
    expect(workbench.runs.current).toBe(run!.id);
    const kinds = transport.asked.slice(asked).map(({ kind }) => kind);
    expect(kinds.filter((kind) => !["estimate", "count"].includes(kind))).toEqual([]);
  });

  test("are there after a reload, without an answer on the page", async () => {
    const store = new OwnStorage();
    const first = await explained({}, STATE, store);
    await vi.waitFor(() => expect(first.workbench.runs.all[0]?.target).toBe("Avoid it."));
    first.workbench.stop();
    localStorage.clear();
    sessionStorage.clear();
    const { workbench, transport } = await started({}, STATE, new OwnStorage(store.kept));
    await listed(workbench, ["Avoid it."]);
    await workbench.showRun(workbench.runs.all[0]!.id);
    await quiet(transport);
    expect(workbench.selection.target).toEqual([8, 10]);
    expect(transport.requests("explain")).toEqual([]);
    expect(transport.requests("generate")).toEqual([]);
  });

  test("of a model that is gone are shown as they were kept", async () => {
    const store = new OwnStorage();
    const first = await explained({}, STATE, store);
    await vi.waitFor(() => expect(first.workbench.runs.all[0]?.target).toBe("Avoid it."));
    first.workbench.stop();
    const { workbench, transport } = await onAnother(store);
    await listed(workbench, ["Avoid it."]);
    await workbench.showRun(workbench.runs.all[0]!.id);
    await quiet(transport);
    expect(workbench.answers.current?.model).toBe("toy");
    expect(workbench.findings.explaining.attribution).not.toBeNull();
    expect(workbench.choices.model?.name).toBe("another");
    expect(transport.requests("explain")).toEqual([]);
  });

  test("of a method or a pattern that only a gone model had are shown, too", async () => {
    const store = new OwnStorage();
    const first = await answered({}, STATE, store);
    first.workbench.session.set({ granularity: "custom", pattern: "lines" });
    first.workbench.setTarget([8, 10]);
    await vi.waitFor(() => expect(first.workbench.runs.all[0]?.target).toBe("Avoid it."));
    const made = first.workbench.choices.method!.name;
    first.workbench.stop();
    const lacking = { unavailable_methods: { [made]: "No gradients." } };
    const { workbench, transport } = await onAnother(store, lacking);
    await listed(workbench, ["Avoid it."]);
    await workbench.showRun(workbench.runs.all[0]!.id);
    await quiet(transport);
    expect(workbench.session.pattern).toBe("lines");
    expect(workbench.findings.shown?.attributions[0]?.method).toBe(made);
    expect(workbench.inquiry.segments).not.toBeNull();
    for (const kind of ["explain", "segment"] as const) {
      expect(transport.requests(kind)).toEqual([]);
    }
  });

  test("take the place of what is typed, which can be brought back", async () => {
    const { workbench, transport } = await explained();
    await listed(workbench, ["Avoid it."]);
    workbench.prompting.change({ ...workbench.session.draft, text: "Typed for an hour" });
    await workbench.showRun(workbench.runs.all[0]!.id);
    await quiet(transport);
    expect(workbench.prompting.typing).toBe(false);
    expect(workbench.prompting.undoable?.what).toBe(t.editor.restored);
    workbench.prompting.undo();
    expect(workbench.prompting.prompt).toBe("Typed for an hour");
  });

  test("seen one after another leave what was typed before them to be brought back", async () => {
    const { workbench, transport } = await explained();
    await listed(workbench, ["Avoid it."]);
    workbench.prompting.change({ ...workbench.session.draft, text: "Another prompt" });
    await workbench.answering.generate();
    await quiet(transport);
    await listed(workbench, [null, "Avoid it."]);
    workbench.prompting.change({ ...workbench.session.draft, text: "Typed for an hour" });
    const [second, first] = workbench.runs.all;
    for (const run of [second!, first!, second!]) {
      await workbench.showRun(run.id);
      await quiet(transport);
    }
    expect(workbench.prompting.prompt).toBe("Another prompt");
    workbench.prompting.undo();
    expect(workbench.prompting.prompt).toBe("Typed for an hour");
    await workbench.showRun(second!.id);
    workbench.prompting.open(null);
    workbench.prompting.open(workbench.prompting.library.examples[0]!);
    expect(workbench.prompting.prompt).toBe("Typed for an hour");
  });

  test("are pinned, dropped, and brought back", async () => {
    const { workbench, transport } = await explained();
    await listed(workbench, ["Avoid it."]);
    workbench.setTarget([5, 8]);
    await quiet(transport);
    await listed(workbench, ["It is bad.", "Avoid it."]);
    const { runs } = workbench;
    await runs.pin(runs.all[1]!, true);
    await listed(workbench, ["Avoid it.", "It is bad."]);
    await runs.drop(runs.all[0]!);
    await listed(workbench, ["It is bad."]);
    expect(runs.dropped?.target).toBe("Avoid it.");
    await runs.undo();
    await listed(workbench, ["Avoid it.", "It is bad."]);
    expect(runs.all[0]!.pinned).toBe(true);
    await workbench.showRun(runs.all[0]!.id);
    expect(workbench.selection.target).toEqual([8, 10]);
  });

  test("dropped while they are seen stay away after a reload, until another is", async () => {
    const store = new OwnStorage();
    const first = await explained({}, STATE, store);
    first.workbench.setTarget([5, 8]);
    await quiet(first.transport);
    await listed(first.workbench, ["It is bad.", "Avoid it."]);
    first.workbench.setTarget([8, 10]);
    await quiet(first.transport);
    for (const which of [1, 0]) {
      await first.workbench.runs.drop(first.workbench.runs.all[which]!); // the one seen first
    }
    first.workbench.stop();
    const { workbench, transport } = await started({}, STATE, new OwnStorage(store.kept));
    expect(workbench.selection.target).toEqual([8, 10]);
    await quiet(transport);
    workbench.setTarget(null);
    await quiet(transport);
    await workbench.runs.open(""); // what is to be written is
    expect(workbench.runs.all).toEqual([]);
    workbench.setTarget([5, 8]);
    await quiet(transport);
    await listed(workbench, ["It is bad."]);
    workbench.setTarget([8, 10]);
    await quiet(transport);
    await listed(workbench, ["Avoid it.", "It is bad."]); // asked again, it is one again
  });

  test("that another page dropped are said to be gone", async () => {
    const store = new OwnStorage();
    const { workbench } = await explained({}, STATE, store);
    await listed(workbench, ["Avoid it."]);
    const { id } = workbench.runs.all[0]!;
    const read = vi.spyOn(store.kept.runs, "read").mockResolvedValueOnce(null);
    await workbench.showRun(id);
    expect(read).toHaveBeenCalledWith(id);
    expect(workbench.runs.trouble).toBe("gone");
  });
});

describe("where there is little room", () => {
  test("what fails for another reason drops no other", async () => {
    const store = new OwnStorage({ runs: new Narrow(9) });
    const { workbench, transport } = await explained({}, STATE, store);
    await listed(workbench, ["Avoid it."]);
    vi.spyOn(store.kept.runs, "write").mockResolvedValue("failed");
    workbench.setTarget([5, 8]);
    await quiet(transport);
    await listed(workbench, ["It is bad.", "Avoid it."]);
    expect(workbench.runs.unkept).toBe(true);
    expect(await store.kept.runs.list()).toHaveLength(1);
  });

  test("what could not be kept is tried again once there is something new", async () => {
    const narrow = new Narrow(9);
    let changed = () => {};
    narrow.watch = (told: () => void) => {
      changed = told;
      return () => {};
    };
    const write = vi.spyOn(narrow, "write").mockResolvedValue("failed");
    const { workbench } = await explained({}, STATE, new OwnStorage({ runs: narrow }));
    await listed(workbench, ["Avoid it."]);
    expect(workbench.runs.unkept).toBe(true);
    changed();
    await vi.waitFor(() => expect(write.mock.calls.length).toBeGreaterThan(1));
    await listed(workbench, ["Avoid it."]);
    expect(workbench.runs.unkept).toBe(true);
    write.mockRestore();
    changed();
    await vi.waitFor(() => expect(workbench.runs.unkept).toBe(false));
    await listed(workbench, ["Avoid it."]);
    expect([...narrow.kept.keys()]).toEqual([workbench.runs.current]);
  });

  test("the oldest makes some, a pinned one does not", async () => {
    const store = new OwnStorage({ runs: new Narrow(2) });
    const { workbench, transport } = await explained({}, STATE, store);
    await listed(workbench, ["Avoid it."]);
    await workbench.runs.pin(workbench.runs.all[0]!, true);
    for (const target of [
      [5, 8],
      [6, 8],
    ] as const) {
      workbench.setTarget([...target]);
      await quiet(transport);
      await vi.waitFor(() => expect(workbench.runs.all).toHaveLength(2));
      await vi.waitFor(() => expect(workbench.runs.all[1]!.id).toBe(workbench.runs.current));
    }
    expect(workbench.runs.all[0]!.target).toBe("Avoid it.");
    expect(workbench.runs.unkept).toBe(false);
  });

  test("of none, a run stays as long as the page does, and that is said", async () => {
    const { workbench, transport } = await explained(
      {},
      STATE,
      new OwnStorage({ runs: new Narrow(0) }),
    );
    await listed(workbench, ["Avoid it."]);
    expect(workbench.runs.unkept).toBe(true);
    workbench.prompting.open(null);
    await workbench.showRun(workbench.runs.all[0]!.id);
    await quiet(transport);
    expect(workbench.selection.target).toEqual([8, 10]);
    await workbench.runs.pin(workbench.runs.all[0]!, true);
    expect(workbench.runs.all[0]!.pinned).toBe(true);
    expect(workbench.runs.unkept).toBe(true);
    await workbench.runs.drop(workbench.runs.all[0]!);
    expect(workbench.runs.unkept).toBe(false);
  });
});
