/** Every word of the page, in English. */
import type { Problem } from "../model/conversation";
import type { MethodKind } from "../wire";
import { comparing, views } from "./en.compare";
import { findings } from "./en.findings";
import { gridding } from "./en.grid";
import { help } from "./en.help";
import { palette } from "./en.palette";
import { table } from "./en.table";
import { principle } from "./en.principle";
import { exporting, report } from "./en.report";
import { reviewing } from "./en.review";
import { runs } from "./en.runs";
import { tour } from "./en.tour";
import { count } from "./words";

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
    broken: "The page stumbled over this answer.",
    brokenHint: "Reload the page; what you typed is kept.",
  },
  notebook: {
    waiting: "Waiting for the running cell.",
    waitingHint:
      "The kernel has not answered yet. It goes on when the cell ends; if no cell is running, run this one again.",
    olderHint: (version: number) =>
      `ipykernel ${version} answers nothing while a cell runs; it goes on when the cell ends. With ipykernel 7 or newer it need not wait.`,
    gone: "No kernel is behind this widget.",
    goneHint: "You see what was found last, to read only. Run the cell again to go on.",
  },
  tab: {
    asking:
      "Asking the kernel for the address. If this stays, the kernel is gone: run the cell again.",
    open: "Open Backlit in a new tab",
    blocked: "The browser held the tab back; the link opens it.",
    elsewhere: (host: string, port: string) =>
      `This notebook's kernel runs on another machine (${host}), so the link needs its port: forward it with ssh -L ${port}:127.0.0.1:${port} ${host}, then open the link. Or show the page here, with render().`,
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
  editor: {
    title: "Prompt",
    text: "Text",
    chat: "Chat",
    mode: "Kind of prompt",
    placeholder: "Type or paste a prompt. The model continues it as it stands.",
    messagePlaceholder: "What is said in this turn",
    message: (n: number) => `Message ${n}`,
    role: (n: number) => `Role of message ${n}`,
    addMessage: "Add message",
    removeMessage: (n: number) => `Remove message ${n}`,
    moveUp: (n: number) => `Move message ${n} up`,
    moveDown: (n: number) => `Move message ${n} down`,
    removed: (n: number) => `Message ${n} was removed.`,
    reverted: "Your changes were taken back.",
    restored: "The prompt of that run took the place of your changes.",
    undo: "Undo",
    edit: "Edit",
    editAbout: "Change the prompt (key E, or a double click into it)",
    done: "Done",
    tokens: (n: number, most: number | null) =>
      most === null
        ? count(n, "token", "tokens")
        : `${n.toLocaleString("en")} of ${count(most, "token", "tokens")}`,
    roles: { system: "System", user: "User", assistant: "Assistant" } as Record<string, string>,
    edited: "Edited",
    revert: "Revert",
    add: "Keep",
    addAbout: "Keep the edited prompt as an example of yours",
    compare: "Changes",
    addedName: (id: string, n: number) => `${id}, edited${n > 1 ? ` ${n}` : ""}`,
    blankName: (n: number) => `prompt ${n}`,
    noChat: (model: string) => `${model} has no chat template; use text instead.`,
    tooLong: (limit: number) =>
      `That is over ${limit.toLocaleString("en")} characters, the most a prompt can have. Nothing was changed.`,
  },
  conversation: {
    open: "Paste a conversation",
    about: "Look into an answer that was given elsewhere",
    title: "Paste a conversation",
    hint: "JSON of a request, or of a response with its request: the messages become the chat, and what the assistant said last becomes the answer.",
    placeholder:
      '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}',
    take: "Show it as a chat",
    name: (n: number) => `conversation ${n}`,
    none: "This holds no conversation. Messages are expected, each with a role and a content.",
    problems: {
      noQuestion: () =>
        "This holds an answer, but not what was asked. Paste the request’s messages, too.",
      noMessage: (n) => `Entry ${n} is no message: it needs a role and a content.`,
      notText: (n) =>
        `Message ${n} has more in it than text, such as a picture or the call of a tool, and can’t be looked into.`,
    } as Record<Problem, (n: number) => string>,
    found: (messages: number, answered: boolean) =>
      `${count(messages, "message", "messages")}${answered ? " and an answer" : ", not answered yet"}.`,
    pasted: "You pasted a conversation.",
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
    stop: "Stop strings",
    stopHint: "One a line; \\n is a line’s end",
    summary: (tokens: number, temperature: number) =>
      `${count(tokens, "token", "tokens")}, ${temperature === 0 ? "greedy" : `temperature ${temperature}`}`,
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
    ids: (n: number) => (n === 1 ? "id" : "ids"),
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
  comparing,
  exporting,
  help,
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
