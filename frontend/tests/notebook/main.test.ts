import { fireEvent, screen, waitFor, within } from "@testing-library/dom";
import { afterEach, describe, expect, test } from "vitest";
import widget from "../../src/notebook/main";
import type { Traits } from "../../src/notebook/model";
import { t } from "../../src/strings";
import {
  attribution,
  explanation,
  NOTHING,
  READY,
  STATE,
  unexplained,
  VIEW,
} from "../support/fixtures";
import { FakeModel } from "../support/model";

function shown(traits: Partial<Traits> = {}) {
  const model = new FakeModel({
    _state: { ...STATE, models: [READY] },
    _ipykernel: 7,
    _height: 500,
    ...traits,
  });
  const made = widget();
  const end = made.initialize({ model });
  const show = () => {
    const el = document.createElement("div");
    document.body.append(el);
    const leave = made.render({ model, el });
    return { el, leave, page: within(el.shadowRoot!.querySelector<HTMLElement>(".app")!) };
  };
  return { model, end, show, ...show() };
}

describe("the widget", () => {
  afterEach(() => document.body.replaceChildren());

  test("is the page, in a root of its own", async () => {
    const { el, page, leave } = shown();
    await page.findAllByTestId("example");
    expect(screen.queryByTestId("generate")).toBeNull();
    expect(el.dataset.theme).toBe("light");
    expect(el.dataset.lmSuppressShortcuts).toBe("true");
    expect(
      el.shadowRoot!.querySelector<HTMLElement>(".frame")!.style.getPropertyValue("--height"),
    ).toBe("500px");
    leave();
    expect(el.shadowRoot!.querySelector(".app")).toBeNull();
  });

  test("is one page in however many cells", async () => {
    const { page, show, leave, model, end } = shown();
    await page.findAllByTestId("example");
    const second = show();
    fireEvent.input(page.getByTestId("prompt-editor"), { target: { value: "Typed here" } });
    await waitFor(() => expect(second.page.getByTestId("prompt-editor")).toHaveValue("Typed here"));
    leave();
    model.set("_view", unexplained(VIEW.target));
    await waitFor(() =>
      expect(second.page.getByTestId("target-card")).toHaveTextContent("Avoid it."),
    );
    end();
    expect(JSON.stringify(model.get("_session"))).toContain("Typed here");
  });

  test("what is typed outlives what Python shows, and a reload", async () => {
    const { page, model, end } = shown({ _view: VIEW });
    await page.findAllByTestId("influence");
    fireEvent.click(page.getByTestId("edit-prompt"));
    const prompt = await page.findByTestId("prompt-editor");
    fireEvent.input(prompt, { target: { value: "Half a tho" } });
    model.set("_view", unexplained({ start: 5, stop: 8 }));
    await waitFor(() => expect(page.getByTestId("target-card")).toHaveTextContent("It is bad."));
    expect(page.getByTestId("prompt-editor")).toHaveValue("Half a tho");
    end();
    const kept = {
      _view: model.get("_view"),
      _session: model.get("_session"),
      _answers: model.get("_answers"),
    };
    const again = shown(structuredClone(kept));
    await again.page.findAllByTestId("example");
    expect(again.page.getByTestId("prompt-editor")).toHaveValue("Half a tho");
  });

  test("a map by a pattern is shown as it was made", async () => {
    const map = attribution({ granularity: "custom", pattern: "[.]" });
    const { page, model } = shown({ _view: { ...VIEW, explanation: explanation(map) } });
    await page.findAllByTestId("example");
    await waitFor(() => expect(model.sent.map((one) => one.kind)).toContain("segment"));
    const call = model.asked;
    model.reply({ call });
    model.reply({
      call,
      event: {
        type: "segments",
        spans: [
          [0, 4],
          [4, 10],
        ],
      },
    });
    model.reply({ call, over: true });
    await page.findAllByTestId("influence");
    expect(model.sent.map((one) => one.kind)).not.toContain("explain");
  });

  test("other examples of the same names are shown, but not over what was typed", async () => {
    const dataset = (prompt: string) => ({
      ...STATE,
      models: [READY],
      datasets: [
        {
          name: "data",
          examples: [{ id: "data-1", prompt, source: null, target: null, fields: {} }],
        },
      ],
    });
    const { page, model } = shown({ _state: dataset("First") });
    await waitFor(() => expect(page.getByTestId("prompt-editor")).toHaveValue("First"));
    model.set("_state", dataset("Second"));
    await waitFor(() => expect(page.getByTestId("prompt-editor")).toHaveValue("Second"));
    fireEvent.input(page.getByTestId("prompt-editor"), { target: { value: "Mine" } });
    model.set("_state", dataset("Third"));
    await waitFor(() => expect(page.getByTestId("example")).toHaveTextContent("Third"));
    expect(page.getByTestId("prompt-editor")).toHaveValue("Mine");
  });

  test("a model that changed its state is not loaded again", async () => {
    const { page, model } = shown();
    await page.findAllByTestId("example");
    const loads = () => model.sent.filter((one) => one.kind === "load").length;
    expect(loads()).toBe(1);
    model.set("_state", { ...STATE, models: [{ ...READY, status: "failed" }] });
    await waitFor(() =>
      expect(page.getByTestId("model-status")).toHaveAttribute("data-status", "failed"),
    );
    expect(loads()).toBe(1);
  });

  test("shows what was seen last, and tells nothing new of it", async () => {
    const { model, page } = shown({ _view: VIEW });
    await page.findAllByTestId("influence");
    expect(page.getByTestId("target-card")).toHaveTextContent("Avoid it.");
    expect(model.sent.map((one) => one.kind)).not.toContain("explain");
    expect(page.getByTestId("method-select")).toHaveValue("occlusion");
  });

  test("follows what is set from outside", async () => {
    const { model, page } = shown();
    await page.findAllByTestId("example");
    model.set("_view", VIEW);
    await page.findAllByTestId("influence");
    model.set("_view", unexplained({ start: 5, stop: 8 }));
    await waitFor(() => expect(page.getByTestId("target-card")).toHaveTextContent("It is bad."));
    await waitFor(() => expect(model.sent.map((one) => one.kind)).toContain("explain"));
    model.set("_view", NOTHING);
    await waitFor(() =>
      expect(page.getByTestId("target-card")).not.toHaveTextContent("It is bad."),
    );
  });

  test("a prompt from outside that is no example becomes one", async () => {
    const { model, page } = shown();
    await page.findAllByTestId("example");
    const before = page.getAllByTestId("example").length;
    const bare = explanation();
    model.set("_view", {
      ...unexplained(null),
      explanation: { ...bare, generation: { ...bare.generation, prompt: "Elsewhere" } },
    });
    await waitFor(() => expect(page.getAllByTestId("example")).toHaveLength(before + 1));
    expect(page.getByTestId("answer-text")).toHaveTextContent("It is bad.");
  });

  test("without a kernel it says so and keeps showing", async () => {
    const { model, page } = shown({ _view: VIEW });
    await page.findAllByTestId("influence");
    model.comm_live = false;
    model.fire("comm_live_update");
    expect(await page.findByTestId("link")).toHaveTextContent(t.notebook.gone);
    expect(page.getAllByTestId("influence").length).toBeGreaterThan(0);
  });

  test("other examples take the place of those there were", async () => {
    const { model, page } = shown();
    await page.findAllByTestId("example");
    const datasets = [
      {
        name: "new",
        examples: [{ id: "fresh", prompt: "Fresh", source: null, target: null, fields: {} }],
      },
    ];
    model.set("_state", { ...STATE, models: [READY], datasets });
    await waitFor(() => expect(page.getByTestId("example")).toHaveTextContent("fresh"));
    await waitFor(() => expect(page.getByDisplayValue("Fresh")).toBeVisible());
  });
});
