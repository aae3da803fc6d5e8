import { expect, test } from "vitest";
import { chipsOfAnswer } from "../../src/model/answer";
import { mapOf, targetOf } from "../../src/model/column";
import { named, seenIn } from "../../src/model/report";
import { attribution, ANSWER, PROMPT } from "../support/fixtures";
import { reported } from "../support/report";

test("a run of a report is known as the page knows runs", () => {
  const other = attribution({ method: "gradient", target: { start: 5, stop: 8 } });
  const run = reported(attribution(), other);
  const seen = seenIn(run, 1);
  expect(chipsOfAnswer(seen.answer).map(({ text }) => text)).toEqual([...PROMPT, ...ANSWER]);
  expect(targetOf(seen)).toEqual([5, 8]);
  expect(seen.explanation?.attributions).toEqual([other]);
  expect(mapOf(seen, { granularity: "line", pattern: "", aggregate: "sum" })).toBe(other);
});

test("without a map, the whole answer is meant", () => {
  const seen = seenIn(reported(), 0);
  expect(seen.target).toBeNull();
  expect(seen.explanation).toBeNull();
  expect(targetOf(seen)).toEqual([5, 10]);
});

test("what was measured and rather than what comes along", () => {
  const measure = "log_prob" as const;
  const spans: [number, number][] = [[2, 4]];
  const proofs = [{ spans, lost: 2, change: "less likely", measure }];
  const foil = { ids: [3], text: " good" };
  const run = reported(attribution({ proofs, target: { start: 8, stop: 10, foil } }));
  const seen = seenIn({ ...run, findings: ["Mostly line 2."] }, 0);
  expect(seen.proofs).toEqual(proofs);
  expect(seen.foil).toEqual({ text: " good", value: [3] });
  expect(seen.finding).toBe("Mostly line 2.");
});

test("methods have names that are read", () => {
  expect(named("sparse_ablation")).toBe("Sparse ablation");
  expect(named("grad_l2")).toBe("Grad L2");
});
