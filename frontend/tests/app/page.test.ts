/** The page, driven as a person would, over a transport that needs no server. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import type { Surroundings } from "../../src/host/surroundings";
import { browserStore } from "../../src/page/storage";
import { system } from "../../src/page/surroundings";
import { theme } from "../../src/state/theme.svelte";
import { t } from "../../src/strings";
import type { ErrorInfo } from "../../src/wire";
import { FakeTransport, STATE, USUAL } from "../support/fixtures";
import { chip, explained, forever, generated, open, pick, show } from "../support/person";

test("says what to do before there is an answer", async () => {
  await open();
  expect(screen.getByTestId("empty")).toHaveTextContent(t.text.ready);
  await waitFor(() => expect(screen.getByTestId("model-status")).toHaveTextContent(t.model.ready));
});

test("shows how far the model has come", async () => {
  await open({ load: forever });
  const status = screen.getByTestId("model-status");
  expect(status).toHaveTextContent("Downloading");
  expect(status).toHaveTextContent("5 MB of 10 MB");
  expect(within(status).getByRole("progressbar")).toHaveAttribute("aria-valuenow", "50");
});

test("a model that failed says why and can be tried again", async () => {
  const state = structuredClone(STATE);
  const error: ErrorInfo = {
    code: "NotFoundError",
    message: "Nothing is there.",
    hint: "Check the path.",
  };
  state.models = [{ ...state.models[0]!, status: "failed", error, progress: null }];
  const { user, transport } = await open({ load: () => [] }, state);
  const status = screen.getByTestId("model-status");
  expect(status).toHaveTextContent(t.model.failed);
  expect(screen.getByTestId("banner")).toHaveTextContent("Nothing is there. Check the path.");
  await user.click(within(status).getByText(t.app.retry));
  expect(transport.requests("load")).toHaveLength(2);
});

test("from answer to cause: generate, click, see what led to it", async () => {
  const { transport } = await explained();
  expect(screen.getByTestId("target-card")).toHaveTextContent("Avoid it.");
  expect(screen.getByTestId("target-log-prob")).toHaveTextContent("−1.00");
  expect(transport.requests("explain")[0]!.target).toEqual([8, 10]);
  const rows = screen.getAllByTestId("influence");
  expect(rows[0]).toHaveTextContent("Bad line.");
  expect(rows[0]).toHaveTextContent("+4.00");
  await waitFor(() => expect(chip(2).style.backgroundColor).not.toBe(""));
  expect(chip(0).style.backgroundColor).not.toBe(chip(2).style.backgroundColor);
  expect(chip(8).dataset.on).toContain("target");
});

test("recolouring is measured", async () => {
  const measured = vi.spyOn(performance, "measure");
  await explained();
  await waitFor(() => expect(measured).toHaveBeenCalledWith("recolour", expect.anything()));
});

test("underlining writes to the border instead", async () => {
  const { user } = await explained();
  await user.click(screen.getByLabelText(t.toolbar.underline));
  await waitFor(() => expect(chip(2).style.borderBottomColor).not.toBe(""));
  expect(chip(2).style.backgroundColor).toBe("");
});

test("shift and drag extend the target; Escape clears it", async () => {
  const { user } = await explained();
  await pick(5, { shiftKey: true });
  expect(screen.getByTestId("target-card")).toHaveTextContent("It is bad.");
  await fireEvent.keyDown(document.body, { key: "Escape" });
  expect(screen.getByTestId("target-card")).toHaveTextContent(t.target.none);
  await fireEvent.pointerDown(chip(6), { button: 0 });
  await fireEvent.pointerMove(chip(9));
  expect(chip(9).dataset.on).toContain("dragged");
  await fireEvent.pointerUp(window);
  expect(screen.getByTestId("target-card")).toHaveTextContent("Avoid it.");
  await user.click(screen.getByTestId("clear-target"));
  expect(screen.getByTestId("influences")).toHaveTextContent(t.influences.waiting);
});

test("the prompt is not a target; clicking it finds its row", async () => {
  await explained();
  await pick(2);
  expect(screen.getByTestId("target-card")).toHaveTextContent("Avoid it.");
  await fireEvent.pointerMove(chip(2));
  await waitFor(() => expect(screen.getAllByTestId("influence")[0]).toHaveClass("marked"));
  expect(chip(3).dataset.on).toContain("marked");
});

test("hovering a row marks its text", async () => {
  await explained();
  await fireEvent.pointerEnter(screen.getAllByTestId("influence")[0]!);
  await waitFor(() => expect(chip(2).dataset.on).toContain("marked"));
});

test("brackets walk through the influences, in text and list, but not while typing", async () => {
  const { user } = await explained();
  const rows = screen.getAllByTestId("influence");
  const press = (key: string) => fireEvent.keyDown(document.body, { key });
  await press("]");
  await waitFor(() => expect(rows[0]).toHaveClass("marked"));
  expect(chip(2).dataset.on).toContain("marked");
  await press("]");
  await waitFor(() => expect(rows[1]).toHaveClass("marked"));
  await fireEvent.keyDown(document.body, { key: "[", ctrlKey: true, altKey: true }); // AltGr
  await waitFor(() => expect(rows[0]).toHaveClass("marked"));
  await user.type(screen.getByTestId("foil-field"), "]".repeat(2));
  expect(rows[0]).toHaveClass("marked");
});

test("all of it by keyboard", async () => {
  await generated();
  const text = screen.getByRole("application", { name: t.text.label });
  text.focus();
  const press = (key: string, init = {}) => fireEvent.keyDown(text, { key, ...init });
  await press("ArrowRight");
  await waitFor(() => expect(chip(5).dataset.on).toContain("cursor"));
  expect(screen.getByText(/^Answer: .*It is bad/)).toBeInTheDocument();
  await press("ArrowRight", { shiftKey: true });
  await press("Enter");
  expect(screen.getByTestId("target-card")).toHaveTextContent("It is bad. Avoid it.");
  await press("Home");
  await press("ArrowLeft");
  await press("ArrowLeft");
  await press("m");
  await screen.findByTestId("mute-card");
  expect(chip(2).dataset.on).toContain("muted");
});

test("digits choose the granularity, but not while typing", async () => {
  const { user } = await open();
  const group = within(screen.getByTestId("granularity"));
  await fireEvent.keyDown(document.body, { key: "1" });
  expect(group.getByLabelText("Token")).toBeChecked();
  await user.type(screen.getByTestId("prompt-editor"), "4");
  expect(group.getByLabelText("Token")).toBeChecked();
});

test("joining is off, with the reason, where segments are scored whole", async () => {
  const { user } = await open();
  const group = screen.getByTestId("aggregate");
  expect(group).toBeDisabled();
  expect(group).toHaveAttribute("title", t.toolbar.aggregateOff("occlusion"));
  await user.selectOptions(screen.getByTestId("method-select"), "gradient");
  expect(group).toBeEnabled();
});

test("a method the model lacks is shown, disabled, with the reason", async () => {
  await open();
  const option = await screen.findByRole("option", { name: "attention (It has none.)" });
  expect(option).toBeDisabled();
});

test("muting tells how much it matters, and offers an answer without", async () => {
  const { user, transport } = await explained();
  await user.click(screen.getAllByTestId("mute")[0]!);
  await waitFor(() =>
    expect(screen.getByTestId("mute-result")).toHaveTextContent(
      "Without this line the target is 163 times less likely.",
    ),
  );
  expect(screen.getAllByTestId("mute")[0]).toHaveAttribute("aria-checked", "true");
  await user.click(screen.getByTestId("generate-without"));
  const banner = await screen.findByTestId("without");
  expect(banner).toHaveTextContent(t.text.withoutTitle(1));
  expect(banner).toHaveTextContent("Bad line.");
  await waitFor(() => expect(within(banner).getByTestId("difference")).toHaveTextContent("Try"));
  expect(transport.requests("generate").at(-1)!.reference.muted).toEqual([[2, 4]]);
  await user.click(within(banner).getByText(t.text.backToFull));
  expect(screen.queryByTestId("without")).toBeNull();
  expect(screen.getByTestId("answer-text")).toHaveTextContent("Avoid it.");
});

test("muted parts of the answer are for measuring only", async () => {
  const { user } = await explained();
  await user.click(screen.getAllByTestId("mute")[1]!);
  const card = await screen.findByTestId("mute-card");
  expect(card).toHaveTextContent(t.mute.responseOnly);
  expect(screen.queryByTestId("generate-without")).toBeNull();
  await user.click(screen.getByTestId("unmute-all"));
  expect(screen.queryByTestId("mute-card")).toBeNull();
});

test("both answers are there to choose from", async () => {
  const { user } = await generated();
  await user.click(screen.getByTestId("dataset-answer"));
  const tab = await screen.findByRole("tab", { name: t.text.dataset });
  expect(tab).toHaveAttribute("aria-selected", "true");
  expect(screen.getByTestId("answer-text")).toHaveTextContent(t.text.finish.given);
  await user.click(screen.getByRole("tab", { name: t.text.model }));
  expect(screen.getByTestId("answer-text")).toHaveTextContent("Avoid it.");
});

test("an error is told in its place, can be retried, and loses nothing", async () => {
  const error: ErrorInfo = { code: "PromptError", message: "Too long.", hint: "Shorten it." };
  let fails = true;
  const { user } = await open({
    generate: (...args: Parameters<NonNullable<typeof USUAL.generate>>) =>
      fails ? [{ type: "error", error }] : USUAL.generate!(...args),
  });
  await user.click(screen.getByTestId("generate"));
  const notice = await screen.findByTestId("error");
  expect(notice).toHaveTextContent("Too long.");
  expect(notice).toHaveTextContent("Shorten it.");
  expect(screen.getByTestId<HTMLTextAreaElement>("prompt-editor").value).toContain("Bad line.");
  fails = false;
  await user.click(within(notice).getByText(t.app.retry));
  await screen.findByText(t.text.finish.stop);
  expect(screen.queryByTestId("error")).toBeNull();
});

test("while the server is away a banner says so, and the page comes back by itself", async () => {
  const transport = new FakeTransport();
  transport.away = true;
  show(transport);
  expect(await screen.findByTestId("banner")).toHaveTextContent("Nobody there.");
  transport.away = false;
  await screen.findAllByTestId("example", undefined, { timeout: 3000 });
  expect(screen.queryByTestId("banner")).toBeNull();
});

test("the theme can be chosen and is kept", async () => {
  const undress = theme.dress(document.documentElement);
  const { user } = await open();
  await user.click(screen.getByTestId("theme-toggle"));
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect(localStorage.getItem("backlit.theme")).toBe('"dark"');
  await user.click(screen.getByTestId("theme-toggle"));
  expect(document.documentElement.dataset.theme).toBe("light");
  expect(localStorage.getItem("backlit.theme")).toBeNull();
  undress();
});

test("no theme is the page's where the system chooses all colours", () => {
  const undress = theme.dress(document.documentElement);
  browserStore.write("theme", "dark");
  const surroundings = { dark: false, forced: true, watch: vi.fn<Surroundings["watch"]>() };
  theme.follow(surroundings, browserStore);
  expect(document.documentElement.dataset.theme).toBe("light");
  surroundings.forced = false;
  surroundings.watch.mock.lastCall![0]();
  expect(document.documentElement.dataset.theme).toBe("dark");
  theme.follow(system, browserStore);
  undress();
});

test("help lists the keys", async () => {
  await open();
  await fireEvent.keyDown(document.body, { key: "?" });
  expect(screen.getByRole("dialog")).toHaveTextContent("Granularity: token, word");
});

test("resting on a token shows what else it might have said", async () => {
  await generated();
  await fireEvent.pointerMove(chip(5));
  const card = await screen.findByTestId("token-card");
  expect(card).toHaveTextContent("␣It");
  expect(card).toHaveTextContent("61%");
  expect(card).toHaveTextContent("else");
  await fireEvent.pointerLeave(screen.getByTestId("text"));
  await waitFor(() => expect(screen.queryByTestId("token-card")).toBeNull());
});

test("what muting costs at least is told as that", async () => {
  const { user } = await explained({
    mute: () => [
      {
        type: "mute",
        log_prob: -1,
        muted_log_prob: -1 - Math.log(163),
        bound: "at_least",
        rethinkable: false,
        change: "at least 163 times less likely",
        cached: false,
      },
    ],
  });
  await user.click(screen.getAllByTestId("mute")[0]!);
  await waitFor(() =>
    expect(screen.getByTestId("mute-result")).toHaveTextContent(
      "Without this line the target is at least 163 times less likely.",
    ),
  );
  expect(screen.getByTestId("mute-result")).toHaveTextContent("37% → ≤ 0.2%");
});
