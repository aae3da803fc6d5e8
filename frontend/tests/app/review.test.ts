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
  await user.click(within(kept).getByTitle(t.reviewing.drop));
  await waitFor(() => expect(screen.queryByTestId("review")).toBeNull());
  await user.click(screen.getByRole("button", { name: t.reviewing.undo }));
  expect(await screen.findByTestId("review")).toHaveTextContent("Line 2 it is.");
});

test("all runs are read and reviewed in one place", async () => {
  const { user } = await noted();
  await user.click(view(t.views.names.review));
  const run = await screen.findByTestId("reviewable", {}, LOADED);
  await user.click(within(run).getByTestId("open-review"));
  expect(run).toHaveTextContent("Why “Avoid it.”?");
  const note = await within(run).findByTestId("review-note");
  expect(note).toHaveValue("Line 2 it is."); // what was typed is there still
  expect(within(run).getByTestId("run")).toHaveTextContent("Bad line.");
  await user.click(within(run).getByTestId("opinion-disagree"));
  await user.click(within(run).getByTestId("keep-note"));
  await waitFor(() => expect(within(run).getByTestId("tally")).toHaveTextContent("1 disagrees"));
  expect(within(run).getByTestId("tally")).toHaveTextContent("1 note");
  await user.click(view(t.reviewing.shown.open));
  expect(screen.queryByTestId("reviewable")).toBeNull();
  await user.click(view(t.reviewing.shown.agree));
  expect(screen.queryByTestId("reviewable")).toBeNull();
  expect(screen.getByText(t.reviewing.noneHere)).toBeInTheDocument();
  await user.click(view(t.reviewing.shown.disagree));
  await user.click(screen.getByRole("button", { name: new RegExp(t.reviewing.opened) }));
  expect(await screen.findByTestId("finding")).toBeInTheDocument();
});

test("what a colleague sent back is taken in", async () => {
  const of = { id: "1", report: "rep", number: 1, about: "Led to it" };
  const said = { opinion: "agree", note: "<b>Yes</b>", by: "Ben", at: 5 } as const;
  const read: Event = { type: "reviews", reviews: [{ ...of, ...said }] };
  const { transport, user } = await open({ review: () => [read] });
  await user.click(view(t.views.names.review));
  expect(await screen.findByText(t.reviewing.none, {}, LOADED)).toBeInTheDocument();
  const file = new File(['{"backlit_review": 1}'], "review.json", { type: "application/json" });
  await user.upload(screen.getByTestId("review-file"), file);
  expect(await screen.findByTestId("taken")).toHaveTextContent(
    `${t.reviewing.taken(1)} ${t.reviewing.astray(1)}`,
  );
  expect(transport.requests("review")).toEqual([{ text: '{"backlit_review": 1}' }]);
  const elsewhere = screen.getByTestId("reviews-elsewhere");
  expect(elsewhere).toHaveTextContent("Ben agrees");
  expect(elsewhere).toHaveTextContent("Led to it");
  expect(elsewhere).toHaveTextContent("<b>Yes</b>");
});

test("who only reviews finds nothing that could be broken", async () => {
  const state = { ...STATE, models: [], datasets: [], review: true };
  const { transport, user } = await open({}, state, "review-view");
  await screen.findByText(t.reviewing.nothing);
  expect(screen.getByTestId("review-view")).toBeInTheDocument();
  expect(screen.queryByTestId("generate")).toBeNull();
  expect(screen.queryByTestId("views")).toBeNull();
  expect(screen.queryByTestId("import-review")).toBeNull();
  await user.keyboard("?");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(transport.asked).toEqual([]);
});

test("where nothing can be kept, nothing is asked", async () => {
  const workspace = { path: "/w.sqlite3", read_only: true, remarks: [] };
  const { user } = await open({}, { ...STATE, workspace });
  await user.click(view(t.views.names.review));
  const button = await screen.findByTestId("import-review", {}, LOADED);
  expect(button).toBeDisabled();
  expect(button).toHaveAttribute("title", t.reviewing.readOnly);
});

test("Ctrl and Enter keep what is typed, and generate nothing", async () => {
  const { user, transport } = await noted();
  const before = transport.requests("generate").length;
  expect(screen.getByTestId("review-note")).toHaveFocus();
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect(await screen.findByTestId("review")).toHaveTextContent("Line 2 it is.");
  await waitFor(() => expect(screen.getByTestId("add-note")).toHaveFocus());
  expect(screen.getByTestId("note-status")).toHaveTextContent(t.reviewing.kept);
  expect(transport.requests("generate")).toHaveLength(before);
});
