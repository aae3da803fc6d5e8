import { beforeEach, describe, expect, test, vi } from "vitest";
import { TabStorage } from "../../../src/page/storage";
import { Answers } from "../../../src/state/answer/answers.svelte";
import {
  ANSWER,
  PROMPT,
  PROMPT_TEXT,
  STATE,
  segmentations,
  sequence,
} from "../../support/fixtures";

const FROM = {
  kind: "model" as const,
  model: "toy",
  prompt: PROMPT_TEXT,
  muted: [],
  mutedTexts: [],
  options: null,
};

describe("answers", () => {
  let answers: Answers;
  beforeEach(() => {
    answers = new Answers(new TabStorage());
    answers.show(PROMPT_TEXT);
  });

  const add = (words: readonly string[], finish: "stop" | "cancelled" = "stop") =>
    answers.begin(
      FROM,
      sequence(PROMPT, words),
      segmentations(PROMPT.length + words.length),
      finish,
    );

  test("grow as they are written, and end with their segments", () => {
    const whole = sequence();
    const begun = { ...whole, tokens: whole.tokens.slice(0, 5) };
    const id = answers.begin(FROM, begun, segmentations(5), null);
    answers.extend(id, whole.tokens.slice(5, 7));
    expect(answers.current).toMatchObject({ finish: null, promptLength: 5 });
    expect(answers.chips).toHaveLength(7);
    const options = { ...STATE.options, temperature: null };
    answers.finish(id, { sequence: whole, finish_reason: "stop", options }, segmentations(10));
    expect(answers.current).toMatchObject({ finish: "stop", options });
    expect(answers.chips.map((chip) => chip.text)).toEqual([...PROMPT, ...ANSWER]);
  });

  test("one that goes on where another was stopped takes its place", () => {
    add(ANSWER.slice(0, 2), "cancelled");
    add(ANSWER);
    expect(answers.shown).toHaveLength(1);
    add(ANSWER.slice(0, 2));
    expect(answers.shown).toHaveLength(2); // ended there by itself: it says something else
  });

  test("come back after a reload, each with its prompt", () => {
    const first = add(ANSWER);
    add([" Try", " it."]);
    answers.select(first);
    const again = new Answers(new TabStorage());
    again.show("Another prompt");
    expect(again.current).toBeNull();
    again.show(PROMPT_TEXT);
    expect(again.shown).toHaveLength(2);
    expect(again.find("model", "toy")?.tokens).toHaveLength(10);
    expect(again.find("dataset", "toy")).toBeNull();
  });

  test("are rather forgotten than kept by half", () => {
    add(ANSWER);
    const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("", "QuotaExceededError");
    });
    add([" Try", " it."]);
    full.mockRestore();
    expect(new Answers(new TabStorage()).current).toBeNull();
  });
});
