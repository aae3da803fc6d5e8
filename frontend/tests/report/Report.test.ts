import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import Spoken from "../../src/report/Spoken.svelte";
import { t } from "../../src/strings";
import type { Attribution } from "../../src/wire";
import { attribution, FAITHFUL, proofsOf } from "../support/fixtures";
import { report, reported } from "../support/report";

const SCORES = [-0.5, 0, 3, 1, 0.1, 0.5, 0.25, 0.25];

/** Made of the scores of tokens, checked and proved by lines. */
function byTokens(change: Partial<Attribution> = {}): Attribution {
  const { segments } = attribution();
  return attribution({
    method: "gradient",
    token_scores: SCORES,
    aggregate: "sum",
    proofs: proofsOf(segments),
    faithfulness: FAITHFUL,
    ...change,
  });
}

const first = () => screen.getAllByTestId("ranked")[0]!;

test("the finding, the note and what was measured are told", () => {
  const run = { ...reported(byTokens()), findings: ["Mostly line 2."], example: "menu" };
  render(Spoken, { data: report({ runs: [run], note: "Look.\nHere." }) });
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Avoid it.");
  expect(screen.getByTestId("finding")).toHaveTextContent("Mostly line 2.");
  expect(screen.getByTestId("note")).toHaveTextContent("Look. Here.");
  expect(screen.getByText("toy · menu")).toBeInTheDocument();
  expect(first()).toHaveTextContent("Bad line.");
  expect(first()).toHaveTextContent("Without it, 163 times less likely");
  expect(screen.getByTestId("verdict")).toBeInTheDocument();
});

test("other units are made of the scores of tokens, and claim nothing that was not measured", async () => {
  const user = userEvent.setup();
  const run = {
    ...reported(byTokens()),
    findings: ["Mostly line 2."],
    remarks: [["Without line 2, it is less likely."]],
  };
  render(Spoken, { data: report({ runs: [run] }) });
  expect(screen.getByText(t.report.remarks(1))).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: t.toolbar.granularities.token! }));
  expect(first()).toHaveTextContent("Bad");
  expect(first()).not.toHaveTextContent("line.");
  expect(first()).toHaveTextContent("+3.00");
  expect(first()).not.toHaveTextContent("Without it");
  expect(screen.queryByTestId("verdict")).toBeNull();
  expect(screen.getByTestId("finding")).toHaveTextContent("As made: Mostly line 2.");
  expect(screen.queryByText(/All that was measured/)).toBeNull();
  await user.click(screen.getByRole("radio", { name: t.report.asMade }));
  expect(first()).toHaveTextContent("Without it");
  expect(screen.getByTestId("finding").textContent.trim()).toBe("Mostly line 2.");
});

test("scores of whole lines have no other units", () => {
  render(Spoken, { data: report({ runs: [reported(attribution())] }) });
  expect(screen.queryByTestId("granularity")).toBeNull();
});

test("one of the methods is chosen", async () => {
  const user = userEvent.setup();
  const run = { ...reported(byTokens(), attribution()), findings: ["By one.", "By the other."] };
  render(Spoken, { data: report({ runs: [run] }) });
  await user.click(screen.getByRole("radio", { name: "Occlusion" }));
  expect(screen.getByTestId("finding")).toHaveTextContent("By the other.");
  expect(document.querySelector("dl")).toHaveTextContent("Method Occlusion");
});

test("pointing at a part marks it in the text, and the other way round", async () => {
  const user = userEvent.setup();
  render(Spoken, { data: report({ runs: [reported(byTokens())] }) });
  const chip = document.querySelector('[data-token="2"]')!;
  await user.hover(first());
  expect(chip.getAttribute("data-on")).toContain("marked");
  await user.unhover(first());
  await user.hover(chip);
  expect(first()).toHaveClass("marked");
});

/** How wide the first bar of each run is. */
const bars = () =>
  screen.getAllByTestId("run").map((run) => {
    const [bar] = run.querySelectorAll<HTMLElement>(".bar:not(figure .bar)");
    return bar!.style.width;
  });

test("several have one scale, their sentences and their matrix", () => {
  const weak = attribution();
  const half = weak.segments.map((one) => ({ ...one, score: one.score / 2 }));
  const runs = [reported(attribution()), reported(attribution({ segments: half }))];
  const log_probs = [
    [-1, -2],
    [-3, null],
  ];
  const sentences = ["With line 2 changed, the model says something else."];
  render(Spoken, { data: report({ runs, log_probs, sentences }) });
  expect(screen.getByText(/With line 2 changed/)).toBeInTheDocument();
  const matrix = screen.getByTestId("matrix");
  expect(within(matrix).getAllByRole("cell")).toHaveLength(5);
  expect(screen.getByText(t.comparing.number(2))).toBeInTheDocument();
  expect(screen.getByText(t.comparing.shared)).toBeInTheDocument();
  expect(bars()).toEqual(["100%", "50%"]);
});

test("maps that were made otherwise have a scale and a legend each", () => {
  const runs = [reported(attribution()), reported(byTokens({ signed: false }))];
  render(Spoken, { data: report({ runs }) });
  expect(screen.getByText(t.comparing.own)).toBeInTheDocument();
  expect(bars()).toEqual(["100%", "100%"]);
  const legends = screen.getAllByTestId("legend").map(({ textContent }) => textContent);
  expect(legends[0]).toContain(t.legend.supports);
  expect(legends[1]).toContain(t.legend.more);
});

test("of the prompt alone, if that was asked", () => {
  const run = { ...reported(attribution()), scope: "prompt" as const };
  render(Spoken, { data: report({ runs: [run] }) });
  const rows = screen.getAllByTestId("ranked").map(({ textContent }) => textContent);
  expect(rows).toHaveLength(3);
  expect(rows.join()).not.toContain("It is bad");
});

test("blocks tell no difference", () => {
  const runs = [reported(attribution()), reported(attribution())];
  runs[1]!.generation.sequence.tokens[0]!.text = "█████";
  render(Spoken, { data: report({ runs, without: ["prompt"] }) });
  expect(document.querySelectorAll("[data-pane=prompt] [data-on~=added]")).toHaveLength(0);
});

test("what was left out is told, and without a map there is just the answer", () => {
  render(Spoken, { data: report({ without: ["prompt", "model"] }) });
  expect(screen.getByText(/the words of the prompt, the model$/)).toBeInTheDocument();
  expect(screen.queryByTestId("legend")).toBeNull();
  expect(screen.getByText(t.comparing.noMap)).toBeInTheDocument();
});

test("what a reader thinks of it is saved as a file to send back", async () => {
  const user = userEvent.setup();
  const saved: { name: string; content: Blob }[] = [];
  let latest = new Blob();
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    saved.push({ name: this.download, content: latest });
  });
  URL.createObjectURL = (content) => ((latest = content as Blob), "blob:it");
  render(Spoken, { data: report({ runs: [reported(byTokens()), reported(byTokens())] }) });
  expect(screen.getByTestId("save-review")).toBeDisabled();
  await user.click(screen.getAllByTestId("opinion-disagree")[1]!);
  await user.type(screen.getAllByTestId("review-note")[1]!, "No.");
  await user.type(screen.getByTestId("review-by"), "Ada");
  await user.click(screen.getByTestId("save-review"));
  const [file] = saved;
  expect(file!.name).toBe("backlit-review-ada-what-led-to-avoid-it.json");
  expect(screen.getByText(t.reviewing.saved(file!.name))).toBeInTheDocument();
  expect(JSON.parse(await file!.content.text())).toMatchObject({
    backlit_review: 1,
    report: "a report",
    reviews: [{ run: 2, opinion: "disagree", note: "No.", by: "Ada" }],
  });
  const leaving = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(leaving);
  expect(leaving.defaultPrevented).toBe(false);
  await user.type(screen.getAllByTestId("review-note")[0]!, "More.");
  expect(screen.queryByText(t.reviewing.saved(file!.name))).toBeNull();
  const again = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(again);
  expect(again.defaultPrevented).toBe(true);
});
