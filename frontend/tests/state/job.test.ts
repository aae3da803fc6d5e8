import { describe, expect, test, vi } from "vitest";
import { Job } from "../../src/state/job.svelte";
import { t } from "../../src/strings";
import type { Event } from "../../src/wire";
import { FakeTransport, progress, READY } from "../support/fixtures";
import { held } from "../support/workbench";

describe("a job", () => {
  const watcher = { model: vi.fn(), lost: vi.fn() };
  test("tells of waiting, loading and progress", async () => {
    const events: Event[] = [
      { type: "queued", ahead: 2 },
      { type: "model", model: { ...READY, status: "loading" } },
      { type: "queued", ahead: 1 }, // which waits for the model, too
      progress(0, 3),
      progress(0, null, [], "compile"),
      progress(0, null, [], "compile"),
      progress(0, null, [], "run"),
      progress(1, 3),
      { type: "model", model: READY },
    ];
    const job = new Job(new FakeTransport({ load: () => events }), watcher);
    const seen: unknown[] = [];
    const outcome = await job.run("load", { model: "toy" }, () =>
      seen.push([job.waiting, job.progress?.done]),
    );
    expect(outcome).toBe("done");
    expect(seen).toEqual([
      [t.wait.queued(2), undefined],
      [t.wait.model, undefined],
      [t.wait.model, undefined],
      [null, 0],
      [t.wait.compiling, 0],
      [t.wait.compiling, 0],
      [null, 0],
      [null, 1],
      [null, 1],
    ]);
    expect(job.running).toBe(false);
    expect(watcher.model).toHaveBeenCalledTimes(2);
  });
  test("keeps the error", async () => {
    const error = { code: "PromptError", message: "Too long.", hint: "Shorten it." };
    const job = new Job(new FakeTransport({ load: () => [{ type: "error", error }] }), watcher);
    expect(await job.run("load", { model: "toy" }, () => undefined)).toBe("failed");
    expect(job.error).toEqual(error);
  });
  test.each([[[]], [[{ type: "queued", ahead: 1 }, progress(1, 3)]]] as [Event[]][])(
    "an answer that breaks off is no result",
    async (events) => {
      const job = new Job(new FakeTransport({ load: () => events }), watcher);
      expect(await job.run("load", { model: "toy" }, () => undefined)).toBe("failed");
      expect(job.error?.message).toBe(t.errors.brokeOff);
    },
  );
  test("a bug of the page is told too", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const job = new Job(new FakeTransport({ load: () => [{ type: "queued", ahead: 1 }] }), watcher);
    await job.run("load", { model: "toy" }, () => {
      throw new Error("bug");
    });
    expect(job.error?.message).toBe(t.errors.broken);
    expect(logged).toHaveBeenCalled();
    logged.mockRestore();
  });
  test("starting again stops the one before, which says nothing more", async () => {
    const { play, release } = held([
      { type: "queued", ahead: 1 },
      { type: "model", model: READY },
    ]);
    const transport = new FakeTransport({ load: play });
    const job = new Job(transport, watcher);
    const heard = vi.fn();
    const first = job.run("load", { model: "a" }, heard);
    await vi.waitFor(() => expect(heard).toHaveBeenCalled());
    const second = job.run("load", { model: "b" }, () => undefined);
    release();
    expect(await first).toBe("stopped");
    expect(await second).toBe("done");
    expect(transport.asked[0]!.signal.aborted).toBe(true);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
