/** Every word of the page, in English. */
import type { MethodKind } from "../../wire";
import { batch } from "./batch";
import { comparing, views } from "./compare";
import { connect } from "./connect";
import { counted } from "./counted";
import { findings } from "./findings";
import { gridding } from "./grid";
import { help } from "./help";
import { notebook, tab } from "./notebook";
import { palette } from "./palette";
import { table } from "./table";
import { principle } from "./principle";
import { conversation, editor } from "./prompt";
import { exporting, report } from "./report";
import { reviewing } from "./review";
import { runs } from "./runs";
import { tour } from "./tour";
import { count } from "../words";

function close(nats: number | null): string {
  return nats === null ? "exact" : `to ${nats.toLocaleString("en")} nats a token`;
}

export const en = {
  layout: {
    edge: (pane: string) => `Width of the pane “${pane}”`,
    edgeHint:
      "Drag, or use the arrow keys, for more room or less; Enter folds the pane away or brings it back, Home or a double click gives it the usual width",
    fold: (pane: string) => `Fold away: ${pane}`,
    unfold: (pane: string) => `Show again: ${pane}`,
  },
  app: {
    name: "Backlit",
    libraryPane: "Examples and runs",
    textPane: "Text",
    findingsPane: "Findings",
    close: "Close",
    cancel: "Cancel",
    retry: "Try again",
    dismiss: "Dismiss",
  },
  language: {
    label: "Language",
    to: (name: string) => `Speak ${name}`,
    failed:
      "This language could not be loaded. Check that the server still runs, and choose it again.",
  },
  figures: {
    oneIn: (text: string) => `1 in ${text}`,
    same: "about as likely as before",
    less: (times: string) => `${times} times less likely`,
    more: (times: string) => `${times} times more likely`,
    atLeast: (change: string) => `at least ${change}`,
    atMost: (change: string) => `at most ${change}`,
    roughly: (change: string) => `roughly ${change}`,
  },
  theme: {
    toDark: "Use the dark theme",
    toLight: "Use the light theme",
  },
  errors: {
    unreachable: "Backlit's server does not answer.",
    unreachableHint: "Check that it still runs in the terminal. What you typed is kept.",
    unauthorized: "This page has no key to the server.",
    unauthorizedHint: "Open the newest link printed in the terminal.",
    refused: (status: number) => `The server refused the request (${status}).`,
    refusedHint: "The terminal has the details.",
    reconnecting: (seconds: number) =>
      seconds > 0 ? `Trying again in ${count(seconds, "second", "seconds")}.` : "Trying again now.",
    notKept: "This browser has no room to keep your draft; it will not survive a reload.",
    brokeOff: "The answer broke off before its end.",
    brokeOffHint: "Try again. The log has the details.",
    /** What kind of error it is, where its own words are in another language; null if they are not. */
    about: (_code: string): string | null => null,
    broken: "The page stumbled over this answer.",
    brokenHint: "Reload the page; what you typed is kept.",
  },
  model: {
    label: "Model",
    waiting: "Not loaded",
    loading: "Loading",
    phases: {
      start: "Starting",
      wait: "Waiting for another process",
      check: "Checking",
      download: "Downloading",
      unpack: "Unpacking",
      convert: "Converting",
      save: "Saving",
    } as Record<string, string>,
    ready: "Ready",
    failed: "Failed",
    progress: (done: string, total: string) => `${done} of ${total}`,
    context: (n: number) => `Reads ${n.toLocaleString("en")} tokens`,
    none: "No model is being served. Start one with: backlit serve MODEL",
    usable: "You can type meanwhile.",
    exact: (nats: number | null) =>
      `${close(nats)}, 1 call for each altered prompt, gradients not available`,
    stepped: (nats: number | null) =>
      `${close(nats)}, 1 call for each token of the target for each altered prompt, gradients not available`,
    likeliest: (n: number, nats: number | null) =>
      `${close(nats)} while the target is among the ${n} likeliest tokens, 1 call for each of its tokens for each altered prompt, gradients not available`,
    words: ", words for tokens",
    writes: "writes only: tells no log-probabilities to be believed",
  },
  examples: {
    title: "Examples",
    search: "Search examples",
    blank: "New prompt",
    blankDetail: "Start from an empty page",
    none: (query: string) => `Nothing matches “${query}”.`,
    clearSearch: "Clear the search",
    yours: "Yours",
    remove: (id: string) => `Remove ${id}`,
    edited: "edited",
    inTable: (n: number) => `All ${n.toLocaleString("en")} in the table`,
    findInTable: "Find it in the table, among all rows",
    more: (n: number) => `Show ${count(n, "more", "more")}`,
  },
  compare: {
    title: "What changed",
    from: (id: string) => `Against ${id}`,
    removed: "Removed",
    added: "Added",
    same: "Nothing differs.",
    tooDifferent: "The two differ too much to be compared word by word.",
  },
  options: {
    title: "Options",
    maxNewTokens: "Longest answer, in tokens",
    temperature: "Temperature",
    greedy: "0 always takes the likeliest token",
    topP: "Top-p",
    seed: "Seed",
    seedAny: "any",
    own: "the model’s",
    stop: "Stop strings",
    stopHint: "One a line; \\n is a line’s end",
    summary: (tokens: number, temperature: number | null) =>
      `${count(tokens, "token", "tokens")}, ${temperature === 0 ? "greedy" : temperature === null ? "own temperature" : `temperature ${temperature}`}`,
    reset: "Reset",
  },
  generate: {
    start: "Generate",
    stop: "Stop",
    keys: "Ctrl/⌘ Enter",
    emptyPrompt: "Type a prompt first, or pick an example.",
    writing: (n: number) => `Writing, ${count(n, "token", "tokens")}`,
    reading: "Reading the prompt",
  },
  wait: {
    queued: (ahead: number) => `Waiting for ${count(ahead, "other request", "other requests")}`,
    model: "Waiting for the model to load",
    compiling: "Compiling, once per length",
    computing: "Computing",
    progress: (done: number, total: number) => `${done} of ${total}`,
  },
  text: {
    label: "Prompt and answer",
    instructions:
      "Left and right arrows move by segment, shift extends, Enter makes the selection the target, M mutes, Escape clears.",
    prompt: "Prompt",
    answer: "Answer",
    answers: "Answers",
    model: "Model’s answer",
    dataset: "Dataset’s answer",
    numbered: (label: string, n: number) => (n > 1 ? `${label} ${n}` : label),
    without: (n: number) => `Without ${count(n, "part", "parts")}`,
    withoutTitle: (n: number) => `Answer without ${count(n, "muted part", "muted parts")}`,
    withEverything: "Answer with everything",
    backToFull: "Back to the full prompt",
    changed: "You changed the prompt. The answer and the colours are of the text before.",
    edge: "The answer’s share of the text",
    edgeHint:
      "Drag, or use the arrow keys, to give the answer more room or less; a double click, Home or Enter gives it what it needs",
    copy: "Copy the answer",
    copied: "Copied",
    finish: {
      stop: "The model ended here.",
      length: "Cut at the most new tokens allowed.",
      context: "The model’s context is full.",
      given: "Given, not generated.",
      cancelled: "You stopped it here.",
    },
    inReasoning: "Reasoning",
    reasoning: (tokens: number) => `Reasoning, ${count(tokens, "token", "tokens")}`,
    reasoningOpen: "never closed",
    reasoningHolds: (share: number) => `${Math.round(share * 100)}% of the map is in here`,
    empty: "The model answered with nothing.",
    target: "Target",
    muted: "Muted",
    describe: (text: string, where: string, notes: string) => `${where}: ${text}${notes}`,
    start:
      "Type a prompt above or pick an example, press Generate, then click the part of the answer that surprises you.",
    ready: "Press Generate to see what the model says, then click the part that surprises you.",
    showDataset: "Show the dataset’s answer",
    pickHint: "Click the part of the answer that surprises you.",
  },
  token: {
    ids: (n: number): string => (n === 1 ? "id" : "ids"),
    logProb: "log-probability",
    probability: "probability",
    alternatives: "What else it might have said",
    score: "score of its segment",
    notScored: "The prompt is given, so it has no probability.",
    from: (n: number) => `${n} tokens make this one character`,
  },
  toolbar: {
    label: "How it is explained",
    method: "Method",
    more: "About the method, and how its map is drawn",
    parameters: "Parameters",
    kinds: {
      gradient: "Gradient: from one look back",
      perturbation: "Perturbation: by taking parts away",
    } as Record<MethodKind, string>,
    reference: (paper: string) => `Reference: ${paper}`,
    defaults: "Defaults",
    granularity: "Granularity",
    granularities: {
      token: "Token",
      word: "Word",
      sentence: "Sentence",
      line: "Line",
      paragraph: "Paragraph",
      custom: "Custom",
    } as Record<string, string>,
    key: (name: string, n: number) => `${name} (key ${n})`,
    pattern: "Pattern",
    patternPlaceholder: "Regular expression; text is cut after each match",
    aggregate: "Join tokens by",
    aggregates: { sum: "Sum", mean: "Mean", max: "Max" } as Record<string, string>,
    aggregateOff: (method: string) =>
      `${method} scores whole segments, so there is nothing to join.`,
    intensity: "Intensity",
    paint: "Draw as",
    tint: "Tint",
    underline: "Underline",
    density: "Spacing",
    comfortable: "Comfortable",
    compact: "Compact",
  },
  ...findings,
  batch,
  comparing,
  connect,
  counted,
  conversation,
  editor,
  exporting,
  help,
  notebook,
  tab,
  palette,
  table,
  report,
  runs,
  tour,
  views,
  gridding,
  principle,
  reviewing,
};
