/** Methods, foils, checks and comparisons on the page, as a person meets them. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import type { Event, ParameterInfo, Requests } from "../../src/wire";
import { attribution, FINDING, found, proofsOf, STATE, USUAL } from "../support/fixtures";
import { chip, explained, forever, open, pick } from "../support/person";

const told = (change: Parameters<typeof attribution>[0]) => ({
  explain: (): Event[] => [found(change)],
});

test("methods come in groups, with what they cost", async () => {
  await explained();
  const select = screen.getByTestId("method-select");
  const groups = within(select).getAllByRole("group");
  expect(groups.map((one) => one.getAttribute("label"))).toEqual([
    t.toolbar.kinds.gradient,
    t.toolbar.kinds.perturbation,
  ]);
  await within(select).findByRole("option", { name: "occlusion · about 12 s, 240 runs" });
  expect(
    within(groups[0]!).getByRole("option", { name: "gradient · under a second" }),
  ).toBeEnabled();
  expect(screen.getByTestId("parameter-form")).toHaveTextContent("The paper on occlusion.");
});

test("a parameter may be text", async () => {
  const state = structuredClone(STATE);
  const parameter: ParameterInfo = {
    name: "neutral",
    label: "Neutral text",
    description: "",
    kind: "text",
    default: "",
    choices: [],
  };
  state.methods[0]!.parameters = [parameter];
  const { user, transport } = await open({}, state);
  await user.click(screen.getByTestId("generate"));
  await screen.findByText(t.text.finish.stop);
  await pick(9);
  await fireEvent.change(screen.getByLabelText("Neutral text"), { target: { value: "…" } });
  await waitFor(() =>
    expect(transport.requests("explain").at(-1)!.params).toEqual({ neutral: "…" }),
  );
});

test("samples have error bars, and notes are told", async () => {
  const segments = attribution().segments.map((one, i) => ({
    ...one,
    standard_error: 0.3,
    level: i === 0 ? ("line" as const) : ("word" as const),
  }));
  await explained(told({ segments, notes: ["It did not converge."] }));
  const rows = screen.getAllByTestId("influence");
  expect(within(rows[0]!).getByTestId("whisker")).toBeInTheDocument();
  expect(rows[0]).toHaveTextContent("+4.00 ± 0.30");
  expect(within(rows[0]!).getByTestId("level")).toHaveTextContent("Word");
  expect(screen.getByTestId("note")).toHaveTextContent("It did not converge.");
});

test("while a slow map is computed, its time is told", async () => {
  let slow = false;
  const { user } = await explained({
    explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
      slow ? forever() : USUAL.explain!(...args),
  });
  await screen.findByRole("option", { name: "occlusion · about 12 s, 240 runs" });
  slow = true;
  await user.selectOptions(screen.getByTestId("method-select"), "gradient");
  expect(screen.getByTestId("influences")).not.toHaveTextContent("in all");
  await user.click(screen.getByLabelText("Word"));
  await user.selectOptions(screen.getByTestId("method-select"), "occlusion");
  expect(screen.getByTestId("influences")).toHaveTextContent("Computing, about 12 s in all");
  await user.click(screen.getByTestId("cancel-explain"));
  expect(screen.getByText(t.influences.again)).toBeInTheDocument();
});

test("coarse to fine is off, with the reason, where it saves nothing", async () => {
  const { user, transport } = await explained();
  const button = screen.getByTestId("coarse");
  await user.click(button);
  expect(button).toBeChecked();
  expect(screen.getByTestId("view-options")).toHaveTextContent(t.coarse.label);
  await waitFor(() => expect(transport.requests("explain").at(-1)!.budget).toBe(256));
  await user.selectOptions(screen.getByTestId("method-select"), "gradient");
  expect(button).toBeDisabled();
  expect(button.closest("label")).toHaveAttribute("title", t.coarse.tokens("gradient"));
  expect(button).not.toBeChecked();
  expect(screen.getByTestId("view-options")).not.toHaveTextContent(t.coarse.label);
});

test("a foil by its chip: the target narrows, and both are weighed", async () => {
  const { user, transport } = await explained({
    explain: (...[request]: Parameters<NonNullable<typeof USUAL.explain>>) => [
      found({ foil_log_prob: request.foil ? -3 : null }),
    ],
  });
  const offers = screen.getAllByTestId("suggestion");
  expect(offers).toHaveLength(2);
  expect(offers[1]).toHaveAttribute("title", t.contrast.offerInstead("else", "it."));
  await user.click(offers[1]!);
  expect(transport.requests("explain").at(-1)).toMatchObject({ target: [9, 10], foil: [7] });
  expect(screen.getByTestId("foil")).toHaveTextContent("else");
  const both = await screen.findByTestId("foil-probabilities");
  expect(both).toHaveTextContent("−1.00 nats");
  expect(both).toHaveTextContent("−3.00 nats");
  expect(screen.getByTestId("legend")).toHaveTextContent(t.legend.overFoil);
  await user.click(screen.getByTestId("remove-foil"));
  expect(screen.queryByTestId("foil")).toBeNull();
  expect(screen.getByTestId("legend")).not.toHaveTextContent(t.legend.overFoil);
});

test("a foil that can't be: told under the field, where what was typed stays", async () => {
  const error = {
    code: "TargetError",
    message: "The foil is the target itself.",
    hint: "Type another.",
  };
  const { user } = await explained({
    explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
      args[0].foil ? [{ type: "error", error }] : USUAL.explain!(...args),
  });
  const field = screen.getByTestId("foil-field");
  await user.type(field, "Avoid it.{Enter}");
  expect(await screen.findByTestId("foil-error")).toHaveTextContent("Type another.");
  expect(field).toHaveValue("Avoid it.");
  expect(field).toHaveAttribute("aria-invalid", "true");
  expect(screen.queryByTestId("error")).toBeNull();
  expect(screen.getAllByTestId("influence")).toHaveLength(4);
});

test("a map is checked: the sentence first, every figure with its baseline", async () => {
  const { user } = await explained();
  await waitFor(() =>
    expect(screen.getByTestId("trust")).toHaveTextContent("Takes about 30 s, 60 runs."),
  );
  await user.click(screen.getByTestId("check"));
  expect(await screen.findByTestId("sentence")).toHaveTextContent("this map holds up");
  expect(screen.getByTestId("verdict")).toHaveTextContent(t.trust.verdicts.holds);
  const figures = within(screen.getByTestId("figures"));
  expect(figures.getByRole("row", { name: /Comprehensiveness/ })).toHaveTextContent(
    /5\.00\s*1\.33$/,
  );
  expect(screen.getByTestId("curves")).toHaveTextContent(t.trust.parts.deletion);
  await user.click(screen.getByLabelText(t.trust.insertion));
  expect(screen.getByTestId("curves")).toHaveTextContent(t.trust.parts.insertion);
  expect(screen.queryByTestId("check")).toBeNull();
  await user.selectOptions(screen.getByTestId("method-select"), "gradient");
  expect(await screen.findByTestId("check-changed")).toBeInTheDocument();
  await waitFor(() => expect(screen.getByTestId("check")).toBeEnabled());
});

test("a check that fails says why", async () => {
  const error = {
    code: "InputError",
    message: "There are only 3 lines.",
    hint: "Choose a finer granularity.",
  };
  const { user } = await explained({ check: () => [{ type: "error", error }] });
  await user.click(screen.getByTestId("check"));
  expect(await screen.findByTestId("error")).toHaveTextContent("Choose a finer granularity.");
});

test("methods that were run are compared by rank", async () => {
  const { user, transport } = await explained();
  expect(screen.queryByTestId("agreement")).toBeNull();
  await user.selectOptions(screen.getByTestId("method-select"), "gradient");
  const table = await screen.findByTestId("agreement");
  expect(within(table).getByRole("row", { name: /^gradient/ })).toHaveTextContent("−0.95");
  expect(transport.requests("agree")).toEqual([
    {
      model: "toy",
      maps: [
        [-0.5, 4, 0.1, 1],
        [3, -1, 0, 0],
      ],
    },
  ]);
});

test("side by side: the text twice, each by its own method, and out again", async () => {
  const { user } = await explained();
  await user.selectOptions(screen.getByTestId("rival-select"), "gradient");
  expect(screen.getByTestId("side")).toHaveTextContent("occlusion");
  const rival = screen.getByTestId("rival-side");
  expect(rival).toHaveTextContent("gradient");
  const first = (side: HTMLElement) => side.querySelector<HTMLElement>('[data-token="4"]')!;
  await waitFor(() => expect(first(screen.getByTestId("side")).style.backgroundColor).not.toBe(""));
  await waitFor(() => expect(first(rival).style.backgroundColor).toBe("transparent"));
  await user.click(screen.getByTestId("leave-rival"));
  expect(screen.queryByTestId("rival-side")).toBeNull();
  expect(screen.getAllByTestId("text")).toHaveLength(1);
});

test("of two maps, only the one that failed is asked for again", async () => {
  const error = { code: "ModelError", message: "No.", hint: "" };
  let fails = true;
  const { user, transport } = await explained({
    explain: (...args: Parameters<NonNullable<typeof USUAL.explain>>) =>
      fails && args[0].method === "gradient" ? [{ type: "error", error }] : USUAL.explain!(...args),
  });
  await user.selectOptions(screen.getByTestId("rival-select"), "gradient");
  const rival = within(screen.getByTestId("rival-side"));
  fails = false;
  await user.click(await rival.findByText(t.app.retry));
  await waitFor(() => expect(rival.queryByRole("alert")).toBeNull());
  const methods = transport.requests("explain").map((one) => one.method);
  expect(methods).toEqual(["occlusion", "gradient", "gradient"]);
});

test("what happens without the first parts stands beside them", async () => {
  await explained({
    prove: ({ attribution: { segments } }: Requests["prove"]): Event[] => {
      const proofs = proofsOf(segments);
      const spans = proofs.slice(1).flatMap((one) => one.spans);
      const change = "7.4 times less likely";
      const measure = "log_prob" as const;
      const together = { spans, lost: 2, change, said: " Try it.", changed: false, measure };
      return [{ type: "proofs", proofs: [...proofs, together], cached: false }];
    },
  });
  const rows = screen.getAllByTestId("influence");
  await waitFor(() =>
    expect(within(rows[0]!).getByTestId("proof")).toHaveTextContent(
      "Without it, 163 times less likely; the model says “It is good.”",
    ),
  );
  expect(within(rows[1]!).getByTestId("proof")).toHaveTextContent("the model says the same");
  expect(within(rows[3]!).queryByTestId("proof")).toBeNull();
  expect(screen.getByTestId("together")).toHaveTextContent(
    "Without parts 2 and 3, 7.4 times less likely; the model says the same.",
  );
});

test("what was found is one sentence, to be copied, with the check's verdict once there is one", async () => {
  const { user } = await explained();
  const found = await screen.findByTestId("found");
  expect(found).toHaveTextContent(FINDING);
  await user.click(screen.getByTestId("copy-finding"));
  expect(await navigator.clipboard.readText()).toBe(FINDING);
  expect(screen.getByLabelText(t.finding.copied)).toBeInTheDocument();
  await user.click(screen.getByTestId("check"));
  await waitFor(() => expect(found).toHaveTextContent(t.finding.believed.holds));
  await user.click(screen.getByTestId("clear-target"));
  expect(screen.queryByTestId("finding")).toBeNull();
});

test("while that is measured, it is told", async () => {
  await explained({ prove: forever });
  expect(await screen.findByTestId("proving")).toHaveTextContent(t.finding.measuring);
});

test("if it can't be measured, it is told, and may be tried again", async () => {
  let fails = true;
  const error = { code: "DeviceError", message: "The memory is full.", hint: "" };
  const { user } = await explained({
    prove: (request: Requests["prove"]): Event[] =>
      fails
        ? [{ type: "error", error }]
        : [{ type: "proofs", proofs: proofsOf(request.attribution.segments), cached: false }],
  });
  expect(await screen.findByTestId("unproved")).toHaveTextContent("The memory is full.");
  expect(screen.queryByTestId("proof")).toBeNull();
  fails = false;
  await user.click(screen.getByRole("button", { name: t.influences.again }));
  expect(await screen.findAllByTestId("proof")).toHaveLength(3);
  expect(screen.queryByTestId("unproved")).toBeNull();
});

test("the ways through the answer are told when that is asked for", async () => {
  const { user } = await explained();
  expect(screen.queryByTestId("path")).toBeNull();
  await user.click(await screen.findByTestId("follow"));
  const paths = await screen.findAllByTestId("path");
  expect(paths[0]).toHaveTextContent(/^Bad line\.\s*→\s*It is bad\.\s*→\s*62%$/);
  expect(paths[1]).toHaveTextContent(/^Good line\.\s*→\s*It is bad\.\s*→\s*10% against it$/);
  const direct = screen.getAllByTestId("direct");
  expect(direct.map((one) => one.textContent.trim().replace(/\s+/g, " "))).toEqual([
    "Good line. → 10% · through the answer 0%",
    "Bad line. → 10% · through the answer 0%",
    "Answer: → 10% · through the answer 0%",
  ]);
  expect(screen.getByTestId("paths")).toHaveTextContent("About 72% of it came through");
  expect(screen.getByTestId("paths")).toHaveTextContent("4% were not followed");
  expect(screen.queryByTestId("follow")).toBeNull();
});

test("ways are drawn beside one text, and stay as another method is beside it", async () => {
  const { user } = await explained();
  expect(screen.queryByTestId("arrows")).toBeNull();
  await user.click(await screen.findByTestId("follow"));
  expect(await screen.findByTestId("arrows")).toBeInTheDocument();
  await user.selectOptions(screen.getByTestId("rival-select"), "gradient");
  await waitFor(() => expect(screen.getAllByTestId("text")).toHaveLength(2));
  expect(screen.getAllByTestId("arrows")).toHaveLength(1);
  await waitFor(() => expect(chip(2).style.backgroundColor).not.toBe(""));
});

test("a way that can't be followed says why", async () => {
  const error = { code: "CapabilityError", message: "Numbers overflowed.", hint: "Use float32." };
  const { user } = await explained({ trace: (): Event[] => [{ type: "error", error }] });
  await user.click(await screen.findByTestId("follow"));
  expect(within(screen.getByTestId("paths")).getByRole("alert")).toHaveTextContent(
    "Numbers overflowed.",
  );
});

test("a map of a share of answers is told in percentage points alone", async () => {
  const share = {
    samples: 20,
    options: null,
    with_all: { value: 0.9, low: 0.699, high: 0.972, of: 20 },
  };
  const [first, ...others] = attribution().segments;
  const interval = [46, 87] as [number, number];
  const segments = [
    { ...first!, score: 75, interval },
    ...others.map((one) => ({ ...one, score: 0 })),
  ];
  const counted = { measure: "share" as const, share, target_log_prob: null, segments };
  await explained({
    ...told(counted),
    prove: (): Event[] => {
      const proof = { spans: [[0, 2]] as [number, number][], lost: 75, change: "" };
      const proofs = [{ ...proof, measure: "share" as const }];
      return [{ type: "proofs", proofs, cached: false }];
    },
  });
  const [row] = screen.getAllByTestId("influence");
  expect(row).toHaveTextContent("+75.0");
  expect(within(row!).getByTestId("whisker")).toBeInTheDocument();
  expect(within(row!).getByTitle("Score +75.0; with 95% confidence +46.0 to +87.0")).toBeVisible();
  await waitFor(() =>
    expect(row).toHaveTextContent("the share of such answers is 75 points lower"),
  );
  expect(screen.getByTestId("influences")).toHaveTextContent(t.counted.points);
  expect(screen.getByTestId("target-share")).toHaveTextContent("18 of 20 answers 70% to 97%");
  expect(screen.queryByTestId("target-log-prob")).toBeNull();
  expect(screen.getByTestId("influences").textContent).not.toMatch(/nats|likely/);
});

test("answers are counted where that is asked for", async () => {
  const { user, transport } = await explained();
  await user.selectOptions(screen.getByTestId("measure-select"), "share");
  const last = () => transport.requests("explain").at(-1)!;
  await waitFor(() =>
    expect(last()).toMatchObject({ measure: "share", samples: 10, matching: null, foil: null }),
  );
  await fireEvent.change(screen.getByTestId("samples"), { target: { value: "25" } });
  await waitFor(() => expect(last().samples).toBe(25));
  await fireEvent.change(screen.getByTestId("samples"), { target: { value: "0" } });
  expect(screen.getByTestId("samples")).toHaveValue(25);
  await fireEvent.change(screen.getByTestId("matching"), { target: { value: " Try|Taste " } });
  await waitFor(() => expect(last().matching).toBe("Try|Taste"));
  expect(screen.queryByTestId("contrast")).toBeNull();
  await waitFor(() =>
    expect(transport.requests("estimate").at(-1)).toMatchObject({ measure: "share" }),
  );
  const gradient = within(screen.getByTestId("method-select")).getByRole("option", {
    name: "gradient (It needs gradients.)",
  });
  expect(gradient).toBeDisabled();
  await user.selectOptions(screen.getByTestId("measure-select"), "log_prob");
  expect(screen.queryByTestId("samples")).toBeNull();
});

test("a score that is a bound has a sign before it, which is told in words", async () => {
  const bounds = ["at_least", "at_most", "about"] as const;
  const segments = attribution().segments.map((one, i) => ({ ...one, bound: bounds[i] ?? null }));
  await explained(told({ segments }));
  const shown = screen.getAllByTestId("score").map((one) => one.textContent);
  const ordered = segments
    .toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .map(({ bound }) => (bound ? { at_least: "≥", at_most: "≤", about: "≈" }[bound] : ""));
  expect(shown.map((text) => text.match(/[≥≤≈]/)?.[0] ?? "")).toEqual(ordered);
  expect(new Set(ordered).size).toBeGreaterThan(2);
  expect(screen.getByTitle(/Score ≥ .* At least that: the server tells/)).toBeInTheDocument();
});
