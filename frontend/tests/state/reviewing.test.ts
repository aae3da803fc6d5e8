import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import { BrowserRecords } from "../../src/page/records";
import type { Event, Requests } from "../../src/wire";
import { STATE } from "../support/fixtures";
import { OwnStorage, started } from "../support/workbench";

const READ = {
  id: "1",
  report: "rep",
  number: 2,
  about: "What led to it",
  opinion: "agree",
  note: "Yes.",
  by: "Ben",
  at: 5,
} as const;

const read = (...reviews: Extract<Event, { type: "reviews" }>["reviews"]) => ({
  review: (): Event[] => [{ type: "reviews", reviews }],
});

test("what is said is kept, by the name that was signed last", async () => {
  const store = new OwnStorage();
  const { workbench } = await started({}, STATE, store);
  const { reviewing } = workbench;
  reviewing.draft("a", { note: " Line 18. ", by: "Ada " });
  reviewing.draft("a", { opinion: "agree" });
  expect(await reviewing.say("a")).toBe(true);
  expect(reviewing.drafts).toEqual({});
  expect(reviewing.of("a")).toMatchObject([{ opinion: "agree", note: "Line 18.", by: "Ada" }]);
  expect(reviewing.of("b")).toEqual([]);
  expect(reviewing.of("")).toEqual([]);

  const { workbench: again } = await started({}, STATE, new OwnStorage(store.kept));
  await vi.waitFor(() => expect(again.reviewing.of("a")).toEqual(reviewing.of("a")));
  expect(again.reviewing.blank.by).toBe("Ada");
});

test("what can not be kept stays where it was typed", async () => {
  const store = new OwnStorage();
  const { reviewing } = (await started({}, STATE, store)).workbench;
  const write = vi.spyOn(store.kept.reviews, "write").mockResolvedValueOnce("failed");
  reviewing.draft("a", { note: "Line 18." });
  expect(await reviewing.say("a")).toBe(false);
  expect(reviewing.drafts["a"]).toMatchObject({ note: "Line 18." });
  write.mockRejectedValueOnce(new Error("nobody there"));
  expect(await reviewing.say("a")).toBe(false);
  expect(await reviewing.say("a")).toBe(true);
  expect(reviewing.all).toHaveLength(1);
});

test("what is dropped can be brought back", async () => {
  const store = new OwnStorage();
  const { reviewing } = (await started({}, STATE, store)).workbench;
  reviewing.draft("a", { note: "Line 18." });
  await reviewing.say("a");
  const [review] = reviewing.all;
  vi.spyOn(store.kept.reviews, "drop").mockRejectedValueOnce(new Error("nobody there"));
  expect(await reviewing.drop(review!)).toBe(false);
  expect(reviewing.all).toEqual([review]);
  expect(await reviewing.drop(review!)).toBe(true);
  expect(reviewing.all).toEqual([]);
  expect(await store.kept.reviews.list()).toEqual([]);
  await reviewing.undo();
  expect(reviewing.all).toEqual([review]);
  expect(await store.kept.reviews.list()).toEqual([review]);
});

test("what others say is heard of", async () => {
  const page = () => new OwnStorage({ reviews: new BrowserRecords(name) });
  const name = crypto.randomUUID();
  const { reviewing } = (await started({}, STATE, page())).workbench;
  const other = (await started({}, STATE, page())).workbench;
  flushSync();
  reviewing.draft("a", { opinion: "unsure" });
  await reviewing.say("a");
  await vi.waitFor(() => expect(other.reviewing.of("a")).toHaveLength(1));
});

test("a review of a report finds its runs, once", async () => {
  const astray = { ...READ, id: "2", number: 3 };
  const { reviewing } = (await started(read(READ, astray))).workbench;
  await reviewing.hand("rep", ["a", "b"]);
  expect(await reviewing.take("{}")).toEqual({ added: 2, known: 0, astray: 1, failed: 0 });
  expect(reviewing.of("b")).toEqual([{ ...READ, run: "b" }]);
  expect(reviewing.all.map(({ run }) => run).toSorted()).toEqual(["", "b"]);
  expect(await reviewing.take("{}")).toEqual({ added: 0, known: 2, astray: 0, failed: 0 });
  expect(reviewing.all).toHaveLength(2);
});

test("a file that is none is told, and nothing is taken in", async () => {
  const error = { code: "DataError", message: "It is no review of a report.", hint: "" };
  const script = { review: (): Event[] => [{ type: "error", error }] };
  const { workbench, transport } = await started(script);
  expect(await workbench.reviewing.take("no")).toBeNull();
  expect(workbench.reviewing.job.error).toEqual(error);
  const [asked] = transport.requests("review") as readonly Requests["review"][];
  expect(asked).toEqual({ text: "no" });
});

test("reviews that can not be saved are counted", async () => {
  const store = new OwnStorage();
  const { reviewing } = (await started(read(READ, { ...READ, id: "2" }), STATE, store)).workbench;
  vi.spyOn(store.kept.reviews, "write").mockResolvedValueOnce("full");
  expect(await reviewing.take("{}")).toEqual({ added: 1, known: 0, astray: 1, failed: 1 });
});

test("what is pressed twice is said once, and what is typed meanwhile stays", async () => {
  const store = new OwnStorage();
  const { reviewing } = (await started({}, STATE, store)).workbench;
  reviewing.draft("a", { note: "One." });
  const first = reviewing.say("a");
  expect(await reviewing.say("a")).toBe(false);
  reviewing.draft("a", { note: "One. Two." });
  expect(await first).toBe(true);
  expect(reviewing.of("a").map(({ note }) => note)).toEqual(["One."]);
  expect(reviewing.drafts["a"]).toMatchObject({ note: "One. Two." });
  expect(await reviewing.say("a")).toBe(true);
  expect(reviewing.of("a").map(({ note }) => note)).toEqual(["One. Two."]); // the same one, changed
});

test("a report that becomes known later finds its reviews", async () => {
  const store = new OwnStorage();
  const { reviewing } = (await started(read(READ), STATE, store)).workbench;
  expect((await reviewing.take("{}"))?.astray).toBe(1);
  expect(reviewing.of("b")).toEqual([]);
  await reviewing.hand("rep", ["a", "b"]);
  expect(reviewing.of("b")).toEqual([{ ...READ, run: "b" }]);
  const [review] = reviewing.all;
  await reviewing.drop(review!);
  await reviewing.undo();
  expect(await store.kept.reviews.list()).toEqual([{ ...READ, run: "" }]); // as it came
});
