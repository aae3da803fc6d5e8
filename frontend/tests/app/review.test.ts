/** What people think of what was found, as a person meets it. */
import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import type { Event } from "../../src/wire";
import { STATE } from "../support/fixtures";
import { explained, open } from "../support/person";

/** A view is loaded as it is opened. */
const LOADED = { timeout: 20_000 };
const view = (name: string) => screen.getByRole("radio", { name });
const noted = async () => {
  const both = await explained();
  await both.user.click(screen.getByTestId("add-note"));
  await both.user.type(screen.getByTestId("review-note"), "Line 2 it is.");
  return both;
};

test("a note is written where it was found, and handed on", async () => {
  const { user } = await noted();
  await user.click(screen.getByTestId("opinion-agree"));
  expect(screen.getByTestId("opinion-agree")).toHaveAttribute("aria-pressed", "true");
  await user.type(screen.getByTestId("review-by"), "Ada");
  await user.click(screen.getByTestId("keep-note"));
  const kept = await screen.findByTestId("review");
  expect(kept).toHaveTextContent("Ada agrees");
  expect(kept).toHaveTextContent("Line 2 it is.");
  await waitFor(() => expect(screen.queryByTestId("review-note")).toBeNull());
  await user.click(screen.getByTestId("export-open"));
  expect(screen.getByTestId("export-note")).toHaveValue("Ada: Line 2 it is.");
});

test("an opinion is taken back by another press, and nothing said is nothing to keep", async () => {
  const { user } = await explained();
  await user.click(screen.getByTestId("add-note"));
  expect(screen.getByTestId("keep-note")).toBeDisabled();
  await user.click(screen.getByTestId("opinion-unsure"));
  expect(screen.getByTestId("keep-note")).toBeEnabled();
  await user.click(screen.getByTestId("opinion-unsure"));
  expect(screen.getByTestId("keep-note")).toBeDisabled();
  await user.click(screen.getByRole("button", { name: t.reviewing.cancel }));
  expect(screen.queryByTestId("review-note")).toBeNull();
});

test("a note that is dropped can be brought back", async () => {
  const { user } = await noted();
  await user.click(screen.getByTestId("keep-note"));
  const kept = await screen.findByTestId("review");
  await user.click(within(kept).getByRole("button", { name: t.reviewing.drop }));
  await waitFor(() => expect(screen.queryByTestId("review")).toBeNull());
  await user.click(screen.getByRole("button", { name: t.reviewing.undo }));
  expect(await screen.findByTestId("review")).toHaveTextContent("Line 2 it is.");
});

test("all runs are read and reviewed in one place", async () => {
  const { user } = await noted();
  await user.click(view(t.views.names.review));
  const run = await screen.findByTestId("reviewable", {}, LOADED);
  expect(run).toHaveTextContent("Why “Avoid it.”?");
  const note = await within(run).findByTestId("review-note");
  expect(note).toHaveValue("Line 2 it is."); // what was typed is there still
  expect(within(run).getByTestId("run")).toHaveTextContent("Bad line.");
  await user.click(within(run).getByTestId("opinion-disagree"));
  await user.click(within(run).getByTestId("keep-note"));
  await waitFor(() => expect(within(run).getByTestId("tally")).toHaveTextContent("1 disagrees"));
  expect(within(run).getByTestId("tally")).toHaveTextContent("1 note");
  await user.click(view(t.reviewing.shown.agree));
  expect(screen.queryByTestId("reviewable")).toBeNull();
  expect(screen.getByText(t.reviewing.noneHere)).toBeInTheDocument();
  await user.click(view(t.reviewing.shown.disagree));
  await user.click(screen.getByRole("button", { name: new RegExp(t.reviewing.opened) }));
  expect(await screen.findByTestId("finding")).toBeInTheDocument();
});

test("what a colleague sent back is taken in", async () => {
  const review = {
    id: "1",
    run: 1,
    opinion: "agree",
    note: "<b>Yes</b>",
    by: "Ben",
    at: 5,
  } as const;
  const read: Event = { type: "reviews", report: "rep", title: "Led to it", reviews: [review] };
  const { transport, user } = await open({ review: () => [read] });
  await user.click(view(t.views.names.review));
  expect(await screen.findByText(t.reviewing.none, {}, LOADED)).toBeInTheDocument();
  const file = new File(['{"backlit_review": 1}'], "review.json", { type: "application/json" });
  await user.upload(screen.getByTestId("review-file"), file);
  expect(await screen.findByTestId("taken")).toHaveTextContent(
    `${t.reviewing.taken(1, 0)} ${t.reviewing.astray(1)}`,
  );
  expect(transport.requests("review")).toEqual([{ text: '{"backlit_review": 1}' }]);
  const elsewhere = screen.getByTestId("reviews-elsewhere");
  expect(elsewhere).toHaveTextContent("Ben agrees");
  expect(elsewhere).toHaveTextContent("Led to it");
  expect(elsewhere).toHaveTextContent("<b>Yes</b>");
});

test("who only reviews finds nothing that could be broken", async () => {
  const state = { ...STATE, models: [], datasets: [], review: true };
  const { transport } = await open({}, state, "review-view");
  expect(screen.getByTestId("review-view")).toBeInTheDocument();
  expect(screen.queryByTestId("generate")).toBeNull();
  expect(screen.queryByTestId("views")).toBeNull();
  expect(screen.queryByTestId("import-review")).toBeNull();
  expect(transport.asked.map(({ kind }) => kind).filter((kind) => kind === "load")).toEqual([]);
});
