import { flushSync } from "svelte";
import { expect, test } from "vitest";
import { found, USUAL } from "../../support/fixtures";
import { answered, explained, quiet } from "../../support/workbench";

test("measures at once, all muted parts together", async () => {
  const { workbench, transport } = await answered();
  workbench.setTarget([8, 10]);
  workbench.muting.toggle([2, 4]);
  await quiet(transport);
  expect(workbench.muting.result).not.toBeNull();
  workbench.muting.toggle([0, 2]);
  await quiet(transport);
  expect(transport.requests("mute").map((one) => one.spans)).toEqual([
    [[2, 4]],
    [
      [0, 2],
      [2, 4],
    ],
  ]);
  workbench.muting.toggle([2, 4]);
  workbench.muting.toggle([0, 2]);
  flushSync();
  expect(workbench.muting.result).toBeNull();
});

test("another target is measured again, without parts that are now in it or after", async () => {
  const { workbench, transport } = await answered();
  workbench.setTarget([8, 10]);
  workbench.muting.toggle([2, 4]);
  workbench.muting.toggle([5, 8]);
  await quiet(transport);
  workbench.setTarget([6, 8]);
  await quiet(transport);
  expect(transport.requests("mute").at(-1)).toMatchObject({ target: [6, 8], spans: [[2, 4]] });
});

test("what could not be measured is told, and measured again when asked", async () => {
  const error = { code: "ModelError", message: "No.", hint: "" };
  let fails = true;
  const { workbench, transport } = await explained({
    mute: (...args: Parameters<NonNullable<typeof USUAL.mute>>) =>
      fails ? [{ type: "error", error }] : USUAL.mute!(...args),
  });
  workbench.muting.toggle([2, 4]);
  await quiet(transport);
  expect(workbench.muting.job.error).toEqual(error);
  fails = false;
  await workbench.muting.measure();
  expect(workbench.muting.result).toMatchObject({ logProb: -1 });
  workbench.setTarget(null);
  await quiet(transport);
  expect(workbench.muting).toMatchObject({ result: null, spans: [[2, 4]] });
});

test("what was measured stays if only thinking again fails", async () => {
  const error = { code: "ModelError", message: "No.", hint: "" };
  let fails = false;
  const { workbench, transport } = await explained({
    mute: (...args: Parameters<NonNullable<typeof USUAL.mute>>) =>
      fails ? [{ type: "error", error }] : USUAL.mute!(...args),
  });
  const { muting } = workbench;
  muting.toggle([2, 4]);
  await quiet(transport);
  fails = true;
  muting.thinkAgain = true;
  await quiet(transport);
  expect(muting.job.error).toEqual(error);
  expect(muting.result).not.toBeNull();
  muting.toggle([0, 2]);
  await quiet(transport);
  expect(muting.result).toBeNull(); // that was of other parts
});

test("thinks again if that was asked for, and then for every part that is muted", async () => {
  const again = {
    written: ["Good."],
    lost: 5,
    change: "148 times less likely",
    said: [" Try it"],
    changed: 1,
    control: 0,
    control_change: null,
  };
  const event = {
    type: "mute" as const,
    log_prob: -1,
    muted_log_prob: -2,
    change: "2.7 times less likely",
    rethinkable: true,
  };
  const { workbench, transport } = await explained({
    mute: (request: { readonly think_again: number }) => [
      { ...event, again: null, cached: false },
      { ...event, again: request.think_again ? again : null, cached: false },
    ],
  });
  const { muting } = workbench;
  muting.toggle([2, 4]);
  await quiet(transport);
  expect(muting.result).toMatchObject({ rethinkable: true, again: null });
  muting.thinkAgain = true;
  await quiet(transport);
  expect(muting.result).toMatchObject({ again });
  muting.toggle([0, 2]);
  await quiet(transport);
  expect(transport.requests("mute")).toMatchObject([
    { think_again: 0 },
    { think_again: 1 },
    {
      think_again: 1,
      spans: [
        [0, 2],
        [2, 4],
      ],
    },
  ]);
});

test("of a map of shares answers are counted, and nothing is thought again", async () => {
  const share = { value: 0.9, low: 0.6, high: 0.98, of: 10 };
  const proof = {
    spans: [[2, 4]] as [number, number][],
    lost: 60,
    change: "60 percentage points lower",
    interval: [20, 80] as [number, number],
    measure: "share" as const,
    counted: { with_all: share, without: { ...share, value: 0.3 }, said: ["No."] },
  };
  const { workbench, transport } = await explained({
    explain: () => [
      found({
        measure: "share",
        target_log_prob: null,
        share: { samples: 10, options: null, with_all: share, pattern: null },
      }),
    ],
    mute: () => [{ type: "share_muted", proof, cached: false }],
  });
  const { muting } = workbench;
  muting.thinkAgain = true;
  muting.toggle([2, 4]);
  await quiet(transport);
  expect(transport.requests("mute").at(-1)).toMatchObject({
    measure: "share",
    samples: 10,
    matching: null,
    think_again: 0,
  });
  expect(muting.result).toEqual(proof);
});
