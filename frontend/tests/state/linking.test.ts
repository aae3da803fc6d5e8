import { flushSync } from "svelte";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Address } from "../../src/host/address";
import { followAddress } from "../../src/state/linking.svelte";
import type { Workbench } from "../../src/state/workbench.svelte";
import { STATE } from "../support/fixtures";
import { explained, OwnStorage, quiet, started } from "../support/workbench";

class FakeAddress implements Address {
  changed = () => {};
  constructor(
    public link = "",
    readonly returns = false,
  ) {}
  read = () => this.link;
  write(link: string) {
    this.link = link;
  }
  watch(changed: () => void) {
    this.changed = changed;
    return () => (this.changed = () => {});
  }
  /** As a person who pastes a link. */
  go(link: string) {
    this.link = link;
    this.changed();
  }
}

function follow(workbench: Workbench, link = "", returns = false): FakeAddress {
  const address = new FakeAddress(link, returns);
  onTestFinished(followAddress(address, workbench));
  flushSync();
  return address;
}

test("the address says what is looked at, and a link shows it in another browser", async () => {
  const store = new OwnStorage();
  const { workbench } = await explained({}, STATE, store);
  const address = follow(workbench);
  await vi.waitFor(() => expect(address.link).not.toBe(""));
  expect(address.link).toBe(`#look=${workbench.runs.current}`);
  await vi.waitFor(() => expect(workbench.runs.all).toHaveLength(1));
  localStorage.clear();

  const there = await started({}, STATE, new OwnStorage(store.kept));
  follow(there.workbench, address.link);
  await vi.waitFor(() => expect(there.workbench.selection.target).toEqual([8, 10]));
  await quiet(there.transport);
  expect(there.transport.requests("generate")).toEqual([]);
  expect(there.transport.requests("explain")).toEqual([]);
});

test("what is muted is in the link, as far as it comes before the target", async () => {
  const store = new OwnStorage();
  const { workbench, transport } = await explained({}, STATE, store);
  const address = follow(workbench);
  await vi.waitFor(() => expect(workbench.runs.all).toHaveLength(1));
  workbench.muting.toggle([0, 2]);
  await quiet(transport);
  expect(address.link).toBe(`#look=${workbench.runs.current};mute=0-2`);
  localStorage.clear();

  const there = await started({}, STATE, new OwnStorage(store.kept));
  follow(there.workbench, `${address.link},7-99,5-4`);
  await vi.waitFor(() => expect(there.workbench.muting.spans).toEqual([[0, 2]]));
  expect(there.workbench.selection.target).toEqual([8, 10]);
});

test("a reload mutes what was muted", async () => {
  const store = new OwnStorage();
  const { workbench } = await explained({}, STATE, store);
  const first = follow(workbench);
  await vi.waitFor(() => expect(workbench.runs.all).toHaveLength(1));
  workbench.muting.toggle([2, 4]);
  flushSync();
  await workbench.session.flush();
  const later = await started({}, STATE, store);
  follow(later.workbench, first.link, true);
  await vi.waitFor(() => expect(later.workbench.muting.spans).toEqual([[2, 4]]));
});

test("runs beside each other have a link, too", async () => {
  const { workbench, transport } = await explained();
  const address = follow(workbench);
  const id = workbench.runs.current;
  address.go(`#compare=${id},gone.run`);
  await vi.waitFor(() => expect(workbench.session.view).toBe("compare"));
  expect(workbench.session).toMatchObject({ view: "compare", compared: [id, "gone.run"] });
  workbench.comparing.remove("gone.run");
  flushSync();
  expect(address.link).toBe(`#compare=${id}`);
  address.go(`#look=${id}`);
  await vi.waitFor(() => expect(workbench.session.view).toBe("look"));
  await quiet(transport);
});

test("a reload goes on with what was typed since", async () => {
  const store = new OwnStorage();
  const { workbench } = await explained({}, STATE, store);
  const address = follow(workbench);
  workbench.prompting.change({ ...workbench.session.draft, text: "Typed since" });
  await workbench.session.flush();
  const again = await started({}, STATE, new OwnStorage(store.kept));
  follow(again.workbench, address.link, true);
  await quiet(again.transport);
  expect(again.workbench.session.draft.text).toBe("Typed since");
});

test("a link whose run is gone says so where runs are", async () => {
  const { workbench } = await started();
  follow(workbench, "#look=gone.run");
  await vi.waitFor(() => expect(workbench.runs.trouble).toBe("gone"));
  await vi.waitFor(() => expect(workbench.prompting.browsing).toBe(true));
});

test("what is no link of ours leads nowhere, and gives way to one", async () => {
  const { workbench } = await explained();
  const address = follow(workbench, "#section-2");
  await vi.waitFor(() => expect(address.link).toBe(`#look=${workbench.runs.current}`));
  expect(workbench.session.view).toBe("look");
});

test("nobody is told once it is followed no more", async () => {
  const { workbench } = await started();
  const address = new FakeAddress();
  const stop = followAddress(address, workbench);
  flushSync();
  stop();
  address.go("#compare=");
  flushSync();
  expect(workbench.session.view).toBe("look");
});

test("a link leads to the grid, and the address says so", async () => {
  const { workbench } = await started();
  const address = follow(workbench, "#grid=");
  await vi.waitFor(() => expect(workbench.session.view).toBe("grid"));
  workbench.session.setView("look");
  flushSync();
  workbench.session.setView("grid");
  await vi.waitFor(() => expect(address.link).toBe("#grid="));
});

const WITH_BATCHES = { ...STATE, batches: ["menu", "other"] };

test("a server of batches shows them at once, and a link leads to a run of one", async () => {
  const { workbench } = await started({}, WITH_BATCHES);
  const address = follow(workbench);
  await vi.waitFor(() => expect(address.link).toBe("#batch=menu"));
  expect(workbench.session.view).toBe("batch");
  address.go("#batch=other,abc");
  await vi.waitFor(() => expect(workbench.session.batch.run).toBe("abc"));
  expect(workbench.session.batch.name).toBe("other");
  flushSync();
  expect(address.link).toBe("#batch=other,abc");
});

test("whoever comes back to a server of batches goes on where they were", async () => {
  const { workbench } = await started({}, WITH_BATCHES);
  follow(workbench, "", true);
  expect(workbench.session.view).toBe("look");
});

test("without batches there is no such view, whatever was kept or linked", async () => {
  const { workbench } = await started();
  workbench.session.setView("batch");
  const address = follow(workbench, "#batch=menu");
  await vi.waitFor(() => expect(workbench.session.view).toBe("look"));
  expect(workbench.server.views).not.toContain("batch");
  address.go("#batch=menu,abc");
  await vi.waitFor(() => expect(workbench.session.batch.run).toBe(""));
  expect(workbench.session.view).toBe("look");
});
