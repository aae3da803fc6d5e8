/** Words of batches that were run before. */
import { count } from "../words";

export const batch = {
  title: "Batch",
  choose: "Which batch",
  size: (rows: number, variants: number) =>
    count(rows, "row", "rows") +
    (variants > 0 ? ` × ${count(variants, "variant", "variants")}` : ""),
  whole: "whole answers",
  lastLine: "the last line of answers",
  words: (words: string) => `“${words}”`,
  pattern: (pattern: string) => `what matches ${pattern}`,
  again: "Read again",
  againAbout: "More may have been done since",
  averages: "What holds on average",
  averaging: "Working it out…",
  unmapped: "No run has a map yet, so there is nothing to tell.",
  told: "What is told of it",
  details: "Details",
  find: "Answers with …",
  map: "Which maps",
  parts: "What is a part",
  byLine: "Lines",
  byRole: "Roles",
  copy: "Copy as Markdown",
  save: "Save as a page",
  plot: "The effects of the parts, beside chance; the tables tell the same",
  status: "How they ended",
  all: "All",
  statuses: { done: "Explained", unmatched: "Unmatched", failed: "Failed" },
  statusAbout: {
    done: "Answered, and explained",
    unmatched: "What is to be explained is not in the answer",
    failed: "Why is told in its row",
  },
  anyVariant: "All variants",
  anyVerdict: "Any check",
  search: "Find in prompts and answers",
  found: (found: number, total: number) =>
    found === total
      ? count(total, "run", "runs")
      : `${found.toLocaleString("en")} of ${count(total, "run", "runs")}`,
  runs: "Runs",
  columns: {
    row: "row",
    variant: "variant",
    answer: "answer",
    target: "explained",
    target_log_prob: "log-prob.",
    top: "mattered most",
    top_score: "score",
    verdict: "check",
    seconds: "seconds",
  },
  none: "No run has all of what is looked for.",
  empty: "There are no runs yet. While the batch is being run, read it again.",
  unread: "None of its runs can be read.",
  damaged: (parts: readonly string[]) =>
    `Not all of ${parts.join(", ")} can be read: damaged on the disk. Runs may be missing here.`,
  damagedHint: "Run the batch again with the same command: those that are missing are done anew.",
  back: "All runs",
  before: "The run before",
  after: "The next run",
  place: (n: number, of: number) => `${n.toLocaleString("en")} of ${of.toLocaleString("en")}`,
  failed: "This run failed.",
  unmatched: "What is to be explained is not in this answer, so there is no map of it.",
};
