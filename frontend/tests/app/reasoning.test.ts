/** A block that the model set apart from its answer: folded, named, a region of its own. */
import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import type { Event, Token } from "../../src/wire";
import { attribution, found, PROMPT, segmentations, sequence } from "../support/fixtures";
import { chip, explained, generated, pick } from "../support/person";

/** Tokens 5 to 7 are a block; its end is the last of `words`. */
function thinking(words: readonly string[] = ["<think>", "Bad.", "</think>", "\nAvoid", " it."]) {
  const whole = sequence(PROMPT, words);
  const role = (token: Token, i: number) =>
    i < 5 ? token : { ...token, role: i < 8 ? "reasoning" : "response" };
  const { text, prompt_length } = whole;
  const generation = {
    prompt: text.slice(0, PROMPT.join("").length),
    sequence: { text, prompt_length, tokens: whole.tokens.map(role) },
    finish_reason: "stop" as const,
    model: "toy",
    options: null,
    muted: [],
  };
  const prompt = { ...whole, tokens: whole.tokens.slice(0, 5), text: generation.prompt };
  const written = whole.tokens.slice(5);
  return {
    generate: (): Event[] => [
      { type: "sequence", sequence: prompt, segmentations: segmentations(5) },
      { type: "tokens", tokens: written },
      { type: "generation", generation, segmentations: segmentations(whole.tokens.length) },
    ],
    explain: (): Event[] => [
      found({
        segments: attribution().segments.map((one) =>
          one.role === "response" ? { ...one, role: "reasoning" } : one,
        ),
      }),
    ],
  };
}

const block = () => screen.getByTestId<HTMLDetailsElement>("reasoning");

test("it is folded, says how long it is, and stands before the answer", async () => {
  await generated(thinking());
  expect(block().open).toBe(false);
  expect(block().querySelector("summary")).toHaveTextContent(t.text.reasoning(3));
  expect(block()).toHaveTextContent(/<think>Bad\.<\/think>$/);
  expect(block().querySelector("summary")).not.toHaveTextContent(t.text.reasoningOpen);
  expect(block()).not.toContainElement(chip(8));
});

test("an answer without one has none", async () => {
  await generated();
  expect(screen.queryByTestId("reasoning")).toBeNull();
});

test("it says how much of the map it holds, and its rows in the list say where they are", async () => {
  await explained(thinking());
  await waitFor(() =>
    expect(block().querySelector("summary")).toHaveTextContent(t.text.reasoningHolds(1 / 5.6)),
  );
  const rows = screen.getAllByTestId("influence");
  expect(rows[1]).toHaveTextContent(t.influences.inReasoning);
  expect(rows[1]).not.toHaveTextContent(t.influences.inAnswer);
  expect(rows[0]).not.toHaveTextContent(t.influences.inReasoning);
  await waitFor(() => expect(chip(6).style.backgroundColor).not.toBe(""));
});

test("going to a part of it unfolds it", async () => {
  const { user } = await explained(thinking());
  const rows = screen.getAllByTestId("influence");
  expect(block().open).toBe(false);
  await user.click(rows[1]!.querySelector("button")!);
  await waitFor(() => expect(block().open).toBe(true));
});

test("a target in it unfolds it", async () => {
  await generated(thinking());
  await pick(6);
  await waitFor(() => expect(block().open).toBe(true));
});

test("one that was never closed is not folded, and says so", async () => {
  await generated(thinking(["<think>", "Bad", " it"]));
  expect(block().open).toBe(true);
  expect(block().querySelector("summary")).toHaveTextContent(t.text.reasoningOpen);
});
