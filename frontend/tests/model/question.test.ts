import { expect, test } from "vitest";
import type { Answer } from "../../src/model/answer";
import {
  aboutSubject,
  explainRequest,
  keyOfQuestion,
  keyOfSubject,
  type QuestionChoices,
  questionOf,
  type Subject,
} from "../../src/model/question";
import { PROMPT_TEXT, segmentations, sequence, STATE } from "../support/fixtures";

const [occlusion, gradient] = STATE.methods as [
  (typeof STATE.methods)[0],
  (typeof STATE.methods)[0],
];
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
const subject: Subject = { answer, target: [8, 10], foil: null };
const choices: QuestionChoices = {
  granularity: "line",
  pattern: "[.]",
  coarse: false,
  budget: 256,
  paramsOf: (): Record<string, number> => ({}),
};

test("a request says what was answered, and the foil as it was given", () => {
  expect(aboutSubject(subject)).toMatchObject({ model: "toy", target: [8, 10], foil: null });
  const typed = { ...subject, foil: { value: "no", text: "no" } };
  expect(aboutSubject(typed).foil).toBe("no");
  expect(keyOfSubject(typed)).not.toBe(keyOfSubject(subject));
  expect(aboutSubject({ ...subject, foil: { value: [7], text: "no" } }).foil).toEqual([7]);
});

test("token scores are one map for every granularity, segments' scores are not", () => {
  const keys = (method: typeof gradient) =>
    new Set(
      (["line", "word", "custom"] as const).map((granularity) =>
        keyOfQuestion(questionOf(subject, method, { ...choices, granularity })),
      ),
    ).size;
  expect(keys(gradient)).toBe(1);
  expect(keys(occlusion)).toBe(3);
});

test("a pattern that is not used changes nothing", () => {
  const key = (pattern: string) =>
    keyOfQuestion(questionOf(subject, occlusion, { ...choices, pattern }));
  expect(key("a")).toBe(key("b"));
});

test("there is a budget only where segments are scored from coarse to fine", () => {
  const budget = (method: typeof gradient, granularity: "line" | "custom") =>
    questionOf(subject, method, { ...choices, coarse: true, granularity }).budget;
  expect(budget(occlusion, "line")).toBe(256);
  expect(budget(occlusion, "custom")).toBeNull();
  expect(budget(gradient, "line")).toBeNull();
});

test("custom segments are sent with their pattern, unless tokens are scored anyway", () => {
  const custom = { ...choices, granularity: "custom" as const };
  expect(explainRequest(questionOf(subject, occlusion, custom))).toMatchObject({
    granularity: "custom",
    pattern: "[.]",
  });
  expect(explainRequest(questionOf(subject, gradient, custom))).toMatchObject({
    granularity: "token",
    pattern: null,
  });
});

test("parameters are the method's defaults and what was changed", () => {
  const parameter = { name: "steps", label: "", description: "", default: 8 };
  const method = {
    ...gradient,
    parameters: [
      { ...parameter, kind: "int" as const, choices: [] },
      { ...parameter, name: "seed", kind: "int" as const, choices: [] },
    ],
  };
  const { params } = questionOf(subject, method, { ...choices, paramsOf: () => ({ steps: 3 }) });
  expect(params).toEqual({ steps: 3, seed: 8 });
});
