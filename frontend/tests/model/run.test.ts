import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/model/answer";
import { headOf, idsOf, inOrder, type Seen } from "../../src/model/run";
import {
  attribution,
  explanation,
  FAITHFUL,
  PROMPT,
  PROMPT_TEXT,
  segmentations,
  sequence,
} from "../support/fixtures";

const { tokens } = sequence();
const ANSWER: Answer = {
  id: 3,
  kind: "model",
  model: "toy",
  prompt: PROMPT_TEXT,
  muted: [],
  mutedTexts: [],
  options: null,
  tokens,
  promptLength: PROMPT.length,
  segmentations: segmentations(tokens.length),
  finish: "stop",
};
const seen = (changes: Partial<Seen> = {}): Seen => ({
  answer: ANSWER,
  target: [8, 10],
  foil: null,
  explanation: explanation(attribution({ faithfulness: FAITHFUL })),
  scope: "prompt",
  proofs: [],
  finding: null,
  example: { key: "samples/first", id: "first" },
  ...changes,
});

describe("a run", () => {
  test("is told of in few words", () =>
    expect(headOf(seen(), 1_000, false)).toMatchObject({
      at: 1_000,
      pinned: false,
      model: "toy",
      example: "first",
      prompt: "Good line. Bad line. Answer:",
      words: "It is bad. Avoid it.",
      target: "Avoid it.",
      foil: null,
      verdict: FAITHFUL.verdict,
    }));
  test("that nothing was asked of has no target and no verdict", () =>
    expect(headOf(seen({ target: null, explanation: null, example: null }), 0, true)).toMatchObject(
      { pinned: true, example: null, target: null, verdict: null },
    ));
  test("is cut where it is long", () => {
    const answer = { ...ANSWER, prompt: "word ".repeat(1_000) };
    const { prompt } = headOf(seen({ answer }), 0, false);
    expect(prompt.length).toBeLessThan(130);
    expect(prompt).toMatch(/…$/);
  });
});

describe("ids of runs", () => {
  test("are the same for the same question, whatever the page calls the answer", () =>
    expect(idsOf(seen({ answer: { ...ANSWER, id: 77 }, explanation: null }))).toEqual(
      idsOf(seen()),
    ));
  test("tell questions about one answer apart", () => {
    const asked = [
      idsOf(seen()),
      idsOf(seen({ target: [5, 8] })),
      idsOf(seen({ target: null })),
      idsOf(seen({ foil: { value: " soup", text: " soup" } })),
    ];
    expect(new Set(asked.map(({ id }) => id)).size).toBe(4);
    expect(new Set(asked.map(({ answer }) => answer)).size).toBe(1);
  });
  test.each<Partial<Answer>>([
    { model: "other" },
    { prompt: `${PROMPT_TEXT} ` },
    { muted: [[0, 2]] },
    { tokens: tokens.slice(0, -1) },
  ])("tell answers apart: %o", (change) =>
    expect(idsOf(seen({ answer: { ...ANSWER, ...change } })).answer).not.toBe(idsOf(seen()).answer),
  );
  test("are none twice among many", () => {
    const ids = Array.from(
      { length: 2_000 },
      (_, i) => idsOf(seen({ answer: { ...ANSWER, prompt: `Prompt ${i}` } })).id,
    );
    expect(new Set(ids).size).toBe(2_000);
  });
});

test("pinned ones come first, then the latest", () => {
  const heads = [1, 2, 3].map((at) => headOf(seen({ target: [at, 10] }), at, at === 2));
  expect(inOrder(heads).map(({ at }) => at)).toEqual([2, 3, 1]);
});
