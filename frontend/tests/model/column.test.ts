import { expect, test } from "vitest";
import type { Answer } from "../../src/model/answer";
import { explanationOf, keyOfRun, mapOf, scaleOf, sidesOf, targetOf } from "../../src/model/column";
import type { Seen } from "../../src/model/run";
import {
  attribution,
  explanation,
  PROMPT_TEXT,
  segmentations,
  sequence,
} from "../support/fixtures";

const answer: Answer = {
  id: 1,
  kind: "model",
  model: "toy",
  prompt: PROMPT_TEXT,
  muted: [],
  mutedTexts: [],
  options: null,
  tokens: sequence().tokens,
  promptLength: 5,
  segmentations: segmentations(10),
  finish: "stop",
};

function run(change: Partial<Seen> = {}): Seen {
  return {
    answer,
    target: [8, 10],
    foil: null,
    explanation: explanation(attribution()),
    scope: "both",
    proofs: [],
    finding: null,
    example: null,
    ...change,
  };
}

const LINES = { granularity: "line", pattern: "", aggregate: "sum" } as const;

test("a run has two sides", () => {
  const { prompt, answer: written } = sidesOf(answer);
  expect(prompt.map(({ start }) => start)).toEqual([0, 1, 2, 3, 4]);
  expect(written.map(({ start }) => start)).toEqual([5, 6, 7, 8, 9]);
  const [tokens, known] = [answer.tokens.slice(0, 5), segmentations(5)];
  expect(sidesOf({ ...answer, tokens, segmentations: known }).answer).toEqual([]);
});

test("what was not asked about is compared whole, without a map", () => {
  const unasked = run({ target: null, explanation: null });
  expect(targetOf(unasked)).toEqual([5, 10]);
  expect(targetOf(run())).toEqual([8, 10]);
  expect(explanationOf(unasked, null)).toMatchObject({ attributions: [], schema_version: 3 });
  expect(explanationOf(unasked, null).generation.sequence.tokens).toHaveLength(10);
  expect(mapOf(unasked, LINES)).toBeNull();
});

test("scores of tokens are joined in the units that are chosen", () => {
  const scores = [1, 1, 0, 3, 0, 0, 0, 0];
  const tokens = run({ explanation: explanation(attribution({ token_scores: scores })) });
  const words = mapOf(tokens, { ...LINES, granularity: "word" })!;
  expect(words.segments.map(({ score }) => score)).toEqual(scores);
  expect(mapOf(run(), { ...LINES, granularity: "word" })!.granularity).toBe("line"); // whole ones
});

test("maps have a scale in common if they were made alike", () => {
  const twice = attribution({
    segments: attribution().segments.map((one) => ({ ...one, score: 2 * one.score })),
  });
  expect(scaleOf([attribution(), null, twice])).toBe(8);
  expect(scaleOf([attribution(), attribution({ method: "lime" })])).toBeNull();
  expect(scaleOf([attribution(), attribution({ granularity: "word" })])).toBeNull();
  expect(scaleOf([attribution({ params: { a: 1 } }), attribution()])).toBeNull();
  const foil = { ids: [1], text: "x" };
  const against = attribution({ target: { start: 8, stop: 10, foil } });
  expect(scaleOf([attribution(), against])).toBeNull();
  expect(scaleOf([null])).toBeNull();
});

test("another map of the same answer is another key", () => {
  const maps = [
    attribution(),
    attribution({ method: "lime" }),
    attribution({ granularity: "word" }),
    attribution({ aggregate: "max" }),
    null,
  ];
  const keys = [
    ...maps.map((map) => keyOfRun(run(), map)),
    keyOfRun(run({ target: [5, 8] }), null),
  ];
  expect(new Set(keys).size).toBe(6);
  expect(keyOfRun(run({ finding: "It is so." }), attribution())).toBe(keys[0]);
});

test("what is sent has the map as it is shown", () => {
  const shown = attribution({ granularity: "word" });
  expect(explanationOf(run(), shown).attributions).toEqual([shown]);
});
