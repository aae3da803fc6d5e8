/** Words of the way from feedback to a principle. */
import type { Requests } from "../../wire";

type Feedback = Requests["draft"]["feedback_is"];

export const principle = {
  open: "Make a principle of what you think",
  title: "A principle for the prompt",
  about:
    "Say what you think of this answer. The model drafts a general rule of it, which you can change before it goes on top of the prompt; or write one yourself.",
  kind: "What you say",
  kinds: {
    critique: "What is wrong",
    praise: "What is good",
    rewrite: "A better answer",
  } as Record<Feedback, string>,
  asked: {
    critique: "What is wrong with the answer?",
    praise: "What is good about the answer?",
    rewrite: "What would a better answer be?",
  } as Record<Feedback, string>,
  draft: (model: string) => `Have ${model} draft one`,
  drafting: "Drafting…",
  text: "Principle",
  poor: (problem: string) =>
    `This is likely no good principle. ${problem} Change it, or write one yourself.`,
  insert: "Put it on top of the prompt",
  tryIt: "Try it in the grid",
  inserted: "The principle is on top of the prompt.",
};
