/** Words of the findings: what led to the answer, and whether to believe it. */
import type { Piece, Unseen } from "../../model/unseen";
import type { Cost, Expense, Verdict } from "../../wire";
import { count, ended } from "../words";
import { expenseOf, shortExpense } from "./expense";

/** Fewer are not worth telling beside the time they take. */
const FEW_RUNS = 10;

const timeOf = (seconds: number) =>
  seconds < 100 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} min`;

/** A longer one is cut: the signs in the text have the whole. */
const MAX_READ = 200;

/** What Unicode calls those that are met most, by their code point. */
const NAMES: Readonly<Record<number, string>> = {
  0xad: "soft hyphen",
  0x61c: "Arabic letter mark",
  0x200b: "zero width space",
  0x200c: "zero width non-joiner",
  0x200d: "zero width joiner",
  0x200e: "left-to-right mark",
  0x200f: "right-to-left mark",
  0x202a: "left-to-right embedding",
  0x202b: "right-to-left embedding",
  0x202c: "pop directional formatting",
  0x202d: "left-to-right override",
  0x202e: "right-to-left override",
  0x2060: "word joiner",
  0x2066: "left-to-right isolate",
  0x2067: "right-to-left isolate",
  0x2068: "first strong isolate",
  0x2069: "pop directional isolate",
  0xfeff: "zero width no-break space",
};

/** A signed share, in words. */
const share = (signed: number) => {
  const percent = Math.round(Math.abs(signed) * 100);
  const size = percent === 0 && signed !== 0 ? "under 1%" : `${percent}%`;
  return signed < 0 ? `${size} against it` : size;
};

const hidden = (n: number) => `${count(n, "character", "characters")} that can’t be seen`;
const spelling = (reads: string, which = "They") => {
  if (!reads) return "";
  const cut = reads.length > MAX_READ ? `${reads.slice(0, MAX_READ)}…` : reads;
  return ` ${which} spell “${cut}”.`;
};
const listed = (numbers: readonly number[]) =>
  `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;

/** What the model says without something: other words, the same, or nothing as it writes none. */
interface Said {
  readonly words: string;
  readonly changed: boolean | null;
}

const saying = ({ words, changed }: Said) => {
  if (changed === null) return "";
  if (!changed) return "; the model says the same";
  return words.trim() === "" ? "; the model says nothing there" : `; the model says “${words}”`;
};

export const findings = {
  legend: {
    label: "Legend",
    supports: "supports it",
    opposes: "opposes it",
    less: "mattered less",
    more: "mattered more",
    supportsFoil: "supports the foil",
    overFoil: "supports the target",
    unit: (unit: string, contrasted: boolean) =>
      contrasted ? `Unit: ${unit}, of the target over the foil` : `Unit: ${unit}`,
    unsure: "paler: may be chance",
    unsureAbout: ". Paler parts may be chance: the 95% interval of their score holds 0.",
  },
  target: {
    title: "Target",
    none: "Click a part of the answer to ask why it is there.",
    noAnswer: "What you ask about will show here.",
    clear: "Clear the target",
    logProb: "Log-probability",
    probability: "Probability",
    tokens: (n: number) => count(n, "token", "tokens"),
    nats: "nats",
  },
  influences: {
    title: "Influences",
    scope: "Which influences",
    ofPrompt: (of: number) => `Prompt ${Math.round(of * 100)}%`,
    ofAnswer: (of: number) => `Answer so far ${Math.round(of * 100)}%`,
    ofBoth: "Both",
    none: "Nothing came before the target.",
    waiting: "What led to the target will be ranked here.",
    stopped: "Stopped before it was done.",
    again: "Compute again",
    mute: (text: string) => `Mute: ${text}`,
    muteThis: (expense: Expense | null) =>
      `Mute: measure the target without it${expense ? `, at most ${expenseOf(expense)}` : ""}`,
    unmuteThis: "Unmute",
    blank: "(blank)",
    showTemplate: (n: number) => `Show ${count(n, "template segment", "template segments")}`,
    hideTemplate: "Hide template",
    more: (n: number) => `Show ${n.toLocaleString("en")} more`,
    between: (n: number) => `${n.toLocaleString("en")} more matter more than this one:`,
    convergence: (delta: string) => `Completeness gap: ${delta}`,
    inAnswer: "in the answer",
    inReasoning: "in the reasoning",
    plusMinus: (error: string) => `± ${error}`,
    scoreOf: (score: string, error: string | null) =>
      error === null ? `Score ${score}` : `Score ${score}, give or take ${error} (standard error)`,
    /** Beside a score with a sign before it. */
    bounds: {
      at_least: "At least that: the server tells only how likely the likeliest tokens are",
      at_most: "At most that: the server tells only how likely the likeliest tokens are",
      about: "Roughly that: the server tells only how likely the likeliest tokens are",
    },
    estimated: (what: string, seconds: number) => `${what}, ${timeOf(seconds)} in all`,
  },
  finding: {
    title: "What led to it",
    looking: "Looking for what led to it",
    measuring: "Measuring what happens without the first parts",
    failed: (why: string) => `What happens without the first parts could not be measured: ${why}`,
    believed: {
      holds: "Checked against random orders, the map holds up.",
      weak: "Checked against random orders, the map is weak.",
      chance: "Checked against random orders, the map is no better than chance.",
    } as Record<Verdict, string>,
    copy: "Copy this finding",
    copied: "Copied",
  },
  proofs: {
    alone: (change: string, said: Said) => `Without it, ${change}${saying(said)}`,
    together: (ranks: readonly number[], change: string, said: Said) =>
      `${ended(`Without parts ${listed(ranks)}, ${change}${saying(said)}`)} They may cover for each other.`,
  },
  paths: {
    title: "Through the answer",
    direct: "Directly",
    ask: "Follow it through the answer",
    about:
      "Explains the sentences that the model wrote on the way, too, and shows which parts of the prompt led to the target by way of them.",
    following: "Following the answer back",
    through: (share: number) =>
      share < 0.005
        ? "Nothing came through the answer’s own sentences."
        : `About ${Math.max(1, Math.round(share * 100))}% of it came through the answer’s own sentences.`,
    share,
    besides: (through: number) => `· through the answer ${share(through)}`,
    rest: (untraced: number, rough: boolean) =>
      `Estimated shares of the target, largest first. ${Math.round(untraced * 100)}% were not followed.${rough ? " Some of the scores are bounds, so they are rough." : ""}`,
  },
  unseen: {
    /** Parts by their place in the list. */
    parts: (parts: readonly (Unseen & { readonly rank: number })[]) => {
      if (parts.length === 1) {
        const [{ rank, count: n, reads }] = parts as [(typeof parts)[0]];
        return `Part ${rank} of the list holds ${hidden(n)}.${spelling(reads)}`;
      }
      const holding = `Parts ${listed(parts.map(({ rank }) => rank))} of the list hold characters that can’t be seen.`;
      const read = parts.map(({ rank, reads }) => spelling(reads, `Those of part ${rank}`));
      return holding + read.join("");
    },
    /** What a sign stands for. */
    sign: ({ text, sign }: Piece) => {
      const name = NAMES[text.codePointAt(0) ?? 0];
      return name ? `${sign}, ${name}` : (sign ?? text);
    },
    prompt: ({ count: n, reads }: Unseen) => `This prompt holds ${hidden(n)}.${spelling(reads)}`,
  },
  mute: {
    title: (n: number) => `${count(n, "part", "parts")} muted`,
    scoring: "Measuring",
    change: (n: number, unit: string, change: string) => {
      const without = n === 1 ? `Without this ${unit}` : `Without these ${n} ${unit}s`;
      return `${without} the target is ${change}.`;
    },
    counted: (n: number, unit: string, change: string) =>
      `${n === 1 ? `Without this ${unit}` : `Without these ${n} ${unit}s`}, ${change}.`,
    kept: "What the answer says before the target was kept.",
    thinkAgain: "Let it think again",
    thinkAgainHint:
      "Also writes what the answer says before the target anew, without the muted parts. Kept, only what comes from them directly is lost; written anew, what came through it is lost as well.",
    thinking: "Writing it anew",
    again: (change: string, said: string, changed: boolean) =>
      ended(`Thinking again, the target is ${change}${saying({ words: said, changed })}`),
    control: (change: string) =>
      `Beyond what writing anew does with everything there: that alone makes it ${change}.`,
    wrote: "What it wrote instead",
    wroteNothing: "It wrote nothing before the target.",
    fromTo: (before: string, after: string) => `${before} → ${after}`,
    generate: "Generate without it",
    generateMany: "Generate without them",
    unmuteAll: "Unmute all",
    responseOnly:
      "Parts of the answer can be muted for measuring only; a new answer leaves out parts of the prompt.",
  },
  cost: {
    about: ({ answers, expense, runs, seconds }: Cost) => {
      if (expense) return `at most ${expenseOf(expense)}`;
      if (answers != null) return count(answers, "answer", "answers");
      const times = count(Math.ceil(runs), "run", "runs");
      if (seconds == null) return times;
      if (seconds < 1) return "under a second";
      return runs < FEW_RUNS ? timeOf(seconds) : `${timeOf(seconds)}, ${times}`;
    },
    method: (label: string, cost: string) => `${label} · ${cost}`,
    short: shortExpense,
    takes: (expense: Expense) => `Takes at most ${expenseOf(expense)}.`,
    muting: (expense: Expense) => `Muting takes at most ${expenseOf(expense)}.`,
    described: (description: string, expense: Expense) =>
      `${description} At most ${expenseOf(expense)}.`,
  },
  coarse: {
    label: "Coarse to fine",
    hint: (budget: number) =>
      `Looks at large parts first, and cuts up only those that matter: at most ${budget} parts are measured`,
    custom: "Custom parts have nothing coarser to begin with.",
    tokens: (method: string) =>
      `${method} scores every token at once, so there is nothing to save by going from coarse to fine.`,
  },
  compareMethods: {
    label: "Compare with",
    on: "Compared",
    choose: "No other method",
    leave: "Stop comparing",
    text: (method: string) => `Prompt and answer, by ${method}`,
  },
  contrast: {
    title: "Why not something else?",
    offer: (word: string) => `Why not “${word}”?`,
    offerInstead: (word: string, instead: string) => `Why “${instead}” and not “${word}”?`,
    field: "Another answer",
    placeholder: "Type another answer",
    apply: "Ask",
    remove: "Ask without the foil",
    question: "Explained: why the target rather than",
    probabilities: "How likely each of the two was",
    target: "Target",
    foil: "Foil",
    logProb: (logProb: string) => `${logProb} nats`,
  },
  trust: {
    title: "Can you trust this map?",
    check: "Check this map",
    again: "Check this map too",
    about: "Takes parts away in the map’s order, and in random orders, and compares.",
    cost: (cost: string) => `Takes ${cost}.`,
    checking: "Checking",
    changed: "What is to be checked has changed since this check.",
    keep: "Leave the question in",
    keepHint:
      "Never takes the prompt’s last paragraph away: without a question there is nothing to answer.",
    kept: "The question was left in.",
    verdicts: {
      holds: "Holds up",
      weak: "Weak",
      chance: "No better than chance",
    } as Record<Verdict, string>,
    evidence: "The evidence",
    curves: "Curves",
    deletion: "Taken away",
    insertion: "Left alone",
    tokens: "By tokens",
    chart: {
      deletion: "Nats the target loses when the top parts are taken away",
      insertion: "Nats the target loses when only the top parts are left",
      tokens: "Nats the target loses by tokens taken away: long parts gain nothing here",
    },
    lost: "nats lost",
    parts: { deletion: "parts taken away", insertion: "parts left", tokens: "tokens taken away" },
    lines: { map: "This map", exact: "One by one", random: "Random" },
    described: (map: string, random: string) =>
      `At the last point this map loses ${map} nats, the median random order ${random}.`,
    figures: "Figures of this map and of random orders",
    map: "This map",
    random: "Random",
    comprehensiveness: "Comprehensiveness",
    comprehensivenessHint: "Mean nats lost as the top parts are taken away: more is better",
    sufficiency: "Sufficiency",
    sufficiencyHint: "Mean nats lost while only the top parts are left: less is better",
    percentile: (percent: string, byToken: string | null) =>
      `Does better than ${percent} of the random orders${byToken === null ? "" : `; by tokens taken away, than ${byToken}`}.`,
  },
  agreement: {
    title: "Do the methods agree?",
    caption: "Rank correlation (Spearman): 1 is the same order, 0 none in common",
  },
};
