/** Words of what is measured by counting answers: in percentage points, never in nats. */
import { count } from "../words";

export const counted = {
  label: "What is measured",
  measures: { log_prob: "How likely it is", share: "Share of answers" } as Record<string, string>,
  hints: {
    log_prob: "How likely the model finds the target, measured in nats",
    share:
      "How many of the answers that the model writes say the target: slower, and it works where a model tells no probabilities",
  } as Record<string, string>,
  samples: "Answers",
  samplesHint: "How many answers are written after each altered prompt: more is slower and surer",
  pattern: "that match",
  patternHint:
    "A regular expression that an answer must match to count. Left empty, it must have the target’s words.",
  words: "the target’s words",
  points: "percentage points",
  same: "the share of such answers is no different",
  lower: (points: string) => `the share of such answers is ${points} points lower`,
  higher: (points: string) => `the share of such answers is ${points} points higher`,
  alone: (change: string) => `Without it, ${change}`,
  together: (ranks: readonly number[], change: string, sure: boolean) =>
    `Without parts ${ranks.slice(0, -1).join(", ")} and ${ranks.at(-1)}, ${change}${
      sure ? ". They may cover for each other." : ", which chance may do."
    }`,
  of: (right: number, of: number) => `${right} of ${count(of, "answer", "answers")}`,
  between: (low: string, high: string) => `${low} to ${high}`,
  saying: "Answers that say it",
  matching: (pattern: string) => `Answers that match ${pattern}`,
  score: (score: string, low: string, high: string) =>
    `Score ${score}; with 95% confidence ${low} to ${high}`,
  chance: ", so it may be chance",
  hollow: "Hollow bars may be chance: their interval holds 0.",
  mayBeChance: "It may be chance: the interval of this score holds 0",
  counting: "Counting answers",
  before: (share: string) => `With everything there: ${share}`,
  after: (n: number, share: string) => `Without ${n === 1 ? "it" : "them"}: ${share}`,
  saidWithout: (n: number) => `Some answers without ${n === 1 ? "it" : "them"}`,
  saidNothing: "(nothing)",
  difference: (low: string, high: string) => `Difference ${low} to ${high} points`,
  chart: {
    deletion: "Percentage points that the share of answers loses when the top parts are taken away",
    insertion: "Percentage points that the share of answers loses when only the top parts are left",
    tokens:
      "Percentage points that the share of answers loses by tokens taken away: long parts gain nothing here",
  },
  lost: "points lost",
  described: (map: string, random: string) =>
    `At the last point this map loses ${map} percentage points, the median random order ${random}.`,
  comprehensivenessHint:
    "Mean percentage points lost as the top parts are taken away: more is better",
  sufficiencyHint: "Mean percentage points lost while only the top parts are left: less is better",
};
