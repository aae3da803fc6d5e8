/** Words of datasets as tables. */
import { count } from "../words";

export const table = {
  title: "Table",
  rows: "Rows",
  dataset: "dataset",
  all: "All datasets",
  rowsOf: (name: string, n: number) => `${name} (${n.toLocaleString("en")})`,
  found: (found: number, total: number) =>
    found === total
      ? count(total, "row", "rows")
      : `${found.toLocaleString("en")} of ${count(total, "row", "rows")}`,
  /** As a field has it, but for digits that say nothing. */
  number: (n: number) =>
    n.toLocaleString("en", {
      useGrouping: false,
      maximumSignificantDigits: Number.isInteger(n) ? 21 : 4,
    }),
  search: "Find in any column",
  searchIn: (column: string) => `Find in ${column}`,
  isPattern: "Regular expression",
  noneFound: "No row has all of what is looked for.",
  clear: "Clear what is looked for",
  noRows: "There are no rows here. Add one, paste some, or open a file.",
  sort: (column: string) => `Sort by ${column}`,
  columns: { id: "id", prompt: "prompt", target: "target", source: "source" } as Record<
    string,
    string
  >,
  select: (id: string) => `Select ${id}`,
  selectAll: "Select all rows that are found",
  selected: (n: number) => `${count(n, "row", "rows")} selected`,
  toGrid: "Try in the grid",
  mostInGrid: (n: number) => `The grid takes up to ${n} rows.`,
  measureMenu: "Measure",
  measuredBy: "Measured by",
  measures: {
    tokens: "Tokens",
    log_prob: "Log-probability of the target",
    perplexity: "Perplexity of the target",
    exact_match: "Exact match",
    rouge_l: "ROUGE-L",
    bleu: "BLEU",
  },
  measureAbout: {
    tokens: "how long the prompt is",
    log_prob: "how likely the target is after the prompt, in nats; 0 is certain",
    perplexity: "the same for each token; 1 is certain, more is less likely",
    exact_match: "1 if the answer is the target, blanks around it apart",
    rouge_l: "words that answer and target share in order; 1 is all",
    bleu: "short runs of words that they share; 100 is all",
  },
  silent: (model: string) =>
    `${model} tells no log-probabilities, so how likely targets are can’t be measured: measure how near its answers come, or count them in the grid.`,
  measure: (n: number) => `Measure ${count(n, "row", "rows")}`,
  measuring: (n: number) => `Measuring ${count(n, "row", "rows")}…`,
  measured: (n: number, all: number) =>
    n === all
      ? `Measured: ${count(n, "row", "rows")}. What was found stands in columns of its own.`
      : `Measured: ${n} of ${count(all, "row", "rows")}.`,
  problems: (n: number) => `Why ${count(n, "row", "rows")} could not be measured`,
  stop: "Stop",
  unselect: "Select none",
  loading: "…",
  addRow: "Add a row",
  newId: "row",
  open: "Open a file",
  openAbout: "JSONL, JSON, CSV, text or Parquet; or drop it here, or paste rows",
  opened: (name: string, n: number) => `${name} is here, with ${count(n, "row", "rows")}.`,
  tooLarge: (file: string, most: number) => `${file} is larger than ${most} MB.`,
  tooLargeHint: "Load it as the program starts: backlit serve --data",
  pasted: "pasted",
  drop: "Drop the file to open it",
  remove: (n: number) => (n === 1 ? "Delete the row" : `Delete ${n} rows`),
  undo: (what: string) => `Undo: ${what}`,
  did: {
    changed: (id: string) => `change of ${id}`,
    added: "added row",
    copied: "copied row",
    removed: (n: number) => `deletion of ${count(n, "row", "rows")}`,
  },
  row: (id: string) => `Row ${id}`,
  look: "Ask about it",
  duplicate: "Duplicate",
  saved: "Saved",
  savedHere: "Kept until Backlit stops: there is no workspace",
  notJson: "This is no JSON.",
  message: (role: string, n: number) => `Message ${n}, ${role}`,
  addField: "Add a field",
  fieldName: "Name of the field",
  download: "Download",
  forms: { jsonl: "JSONL", csv: "CSV", parquet: "Parquet" },
  allFound: "all rows that are found",
  written: (file: string, n: number, leftOut: number) =>
    leftOut === 0
      ? `Saved as ${file}, with ${count(n, "row", "rows")}.`
      : `Saved as ${file}, with ${count(n, "row", "rows")}; without ${leftOut} that have no prompt.`,
  onlyRead: "The workspace is only read",
  noneInGrid: "None of them fits the grid: chats don't, and rows without something for a variable.",
  moreColumns: (n: number) =>
    `${count(n, "more column is", "more columns are")} told with each row.`,
  removeDataset: (name: string) => `Remove ${name}`,
  reallyRemove: "Remove for good?",
};
