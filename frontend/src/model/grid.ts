/** Variants of a prompt over rows: what is tried, and what is known of each cell. */
import type {
  Cell,
  ExampleInfo,
  GenerationOptions,
  LineEffect,
  Prompt,
  Requests,
  Variant,
} from "../wire";
import type { Example } from "./example";

export interface Row {
  readonly id: string;
  /** What the template's variables stand for. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface GridSetup {
  /** Null is the prompt of the page, until it is run. */
  readonly template: Prompt | null;
  /** Where answers end; null is where those of the page do, until it is run. */
  readonly stop: readonly string[] | null;
  /** Put on top: each alone, and all together. */
  readonly principles: readonly string[];
  readonly withoutEach: "line" | "example" | null;
  readonly reorder: boolean;
  /** Lines of the template by their numbers, as they are typed, and what to put in their place. */
  readonly lines: readonly { readonly number: string; readonly text: string }[];
  /** Words, and others to put in their place, each alone: as they are typed, apart by commas. */
  readonly words: readonly { readonly word: string; readonly others: string }[];
  /** Templates that the person wrote. */
  readonly own: readonly Variant[];
  readonly rows: readonly Row[];
  /** What is looked for in the answers; "" is nothing. */
  readonly find: string;
  readonly isPattern: boolean;
  /** How likely is this one? "" asks nothing. */
  readonly answer: string;
  readonly samples: number;
  readonly effects: boolean;
}

export const NO_GRID: GridSetup = {
  template: null,
  stop: null,
  principles: [],
  withoutEach: null,
  reorder: false,
  lines: [],
  words: [],
  own: [],
  rows: [],
  find: "",
  isPattern: false,
  answer: "",
  samples: 1,
  effects: true,
};

const VARIABLE = /\{([\p{L}_][\p{L}\p{N}_]*)\}/gu;

/** The names in braces, each once, as they come. */
export function variablesOf(template: Prompt): string[] {
  const texts = typeof template === "string" ? [template] : template.map((one) => one.content);
  const names = texts.flatMap((text) => [...text.matchAll(VARIABLE)].map((match) => match[1]!));
  return [...new Set(names)];
}

/** Those of all that is filled in from a row. */
export function namesIn(setup: GridSetup, template: Prompt): string[] {
  const { answer, lines, own, principles, words } = setup;
  const templates = [
    template,
    ...own.map((one) => one.template),
    ...principles,
    ...words.map(({ others }) => others),
    ...(typeof template === "string" ? lines.map(({ text }) => text) : []),
    answer,
  ];
  return [...new Set(templates.flatMap(variablesOf))];
}

/** What is asked of a model, whatever of the setup does not count left out. */
export interface Question {
  readonly model: string;
  readonly options: GenerationOptions;
  readonly template: Prompt;
  readonly own: readonly Variant[];
  readonly making: Omit<Requests["vary"], "template">;
  readonly variables: readonly string[];
  readonly rows: readonly Row[];
  readonly samples: number;
  readonly find: string | null;
  readonly is_pattern: boolean;
  readonly answer: string | null;
  readonly effects: boolean;
}

/** A grid as it was asked for. */
export interface Asked extends Question {
  readonly variants: readonly Variant[];
}

export function questionOf(
  setup: GridSetup,
  template: Prompt,
  variables: readonly string[],
  model: string,
  options: GenerationOptions,
): Question {
  const isText = typeof template === "string"; // of a chat, lines are not changed one by one
  return {
    model,
    options,
    template,
    own: setup.own.filter((one) => (typeof one.template === "string") === isText),
    making: {
      principles: setup.principles.filter((text) => text.trim()),
      without_each: isText ? setup.withoutEach : null,
      reorder: isText && setup.reorder,
      lines: isText ? linesOf(setup) : [],
      words: wordsOf(setup),
    },
    variables,
    rows: usableRows(setup.rows, variables),
    samples: isGreedy(options) ? 1 : setup.samples,
    find: setup.find || null,
    is_pattern: setup.isPattern && setup.find !== "",
    answer: setup.answer || null,
    effects: setup.effects,
  };
}

/** Those that have a number. */
function linesOf({ lines }: GridSetup): [number, string][] {
  return lines.flatMap(({ number, text }) =>
    /^\s*\d+\s*$/.test(number) ? [[Number(number), text] as [number, string]] : [],
  );
}

function wordsOf({ words }: GridSetup): Record<string, string[]> {
  const typed = new Map<string, string[]>();
  for (const { others, word } of words) {
    const list = listOf(others);
    if (!word.trim() || list.length === 0) continue;
    typed.set(word.trim(), [...(typed.get(word.trim()) ?? []), ...list]);
  }
  return Object.fromEntries(typed);
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

/** As it travels. */
export function requestOf(question: Question, variants: readonly Variant[]): Requests["grid"] {
  const { answer, effects, find, is_pattern, model, options, rows, samples } = question;
  const infos = rows.map(rowInfo);
  const measured = { samples, find, is_pattern, answer, effects };
  return { model, options, variants: [...variants], rows: infos, ...measured };
}

/** Rows that have something, with exactly what is filled in; one for what has no variables. */
function usableRows(rows: readonly Row[], variables: readonly string[]): Row[] {
  if (variables.length === 0) return [{ id: "1", fields: {} }];
  return rows
    .filter(({ fields }) => variables.some((name) => fields[name]?.trim()))
    .map(({ fields, id }) => ({
      id,
      fields: Object.fromEntries(variables.map((name) => [name, fields[name] ?? ""])),
    }));
}

/** Variants by names of their own. */
export function distinct(variants: readonly Variant[]): Variant[] {
  const names = new Set<string>();
  return variants.map((variant) => {
    let { name } = variant;
    for (let n = 2; names.has(name); n++) name = `${variant.name} (${n})`;
    names.add(name);
    return { ...variant, name };
  });
}

/** Whether all answers would be the same; a model that takes no temperature has one of its own. */
export const isGreedy = ({ temperature }: GenerationOptions): boolean => temperature === 0;

/** How one of several answers of a cell was written: each has a seed of its own. */
export function sampleOptions(options: GenerationOptions, number: number): GenerationOptions {
  return isGreedy(options) ? options : { ...options, seed: (options.seed ?? 0) + number };
}

/** What a row is told apart by. */
export function nameOfRow({ fields, id }: Row, variables: readonly string[]): string {
  return variables.map((name) => fields[name]?.trim()).find(Boolean) ?? id;
}

/** A row that is to be filled in. */
export function blankRow(rows: readonly Row[], name: (n: number) => string): Row {
  const taken = new Set(rows.map(({ id }) => id));
  let n = rows.length + 1;
  while (taken.has(name(n))) n++;
  return { id: name(n), fields: {} };
}

/** Rows of the examples that have something for every variable. */
export function rowsOf(examples: readonly Example[], variables: readonly string[]): Row[] {
  const taken = new Set<string>();
  return examples.flatMap(({ fields = {}, id: own, prompt, target }) => {
    let id = own; // unique in its dataset alone
    for (let n = 2; taken.has(id); n++) id = `${own} (${n})`;
    taken.add(id);
    const known: Record<string, unknown> = { id: own, prompt, target, ...fields };
    const values = variables.map((name) => [name, textOf(known[name])] as const);
    if (values.some(([, text]) => text === null)) return [];
    return [{ id, fields: Object.fromEntries(values) as Record<string, string> }];
  });
}

function textOf(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

/** Rows with a pasted block, of lines and tabs, from one cell on; new rows if it is longer. */
export function pasted(
  rows: readonly Row[],
  at: { row: number; variable: string },
  block: string,
  variables: readonly string[],
  name: (n: number) => string,
): Row[] {
  const changed = [...rows];
  const first = variables.indexOf(at.variable);
  for (const [down, line] of lines(block).entries()) {
    const place = at.row + down;
    const row = changed[place] ?? blankRow(changed, name);
    const fields = { ...row.fields };
    for (const [right, text] of line.split("\t").entries()) {
      const variable = variables[first + right];
      if (variable !== undefined) fields[variable] = text;
    }
    changed[place] = { ...row, fields };
  }
  return changed;
}

/** Of what a spreadsheet or a list gives. */
export function lines(block: string): string[] {
  return block.replace(/(\r\n|\n|\r)+$/, "").split(/\r\n|\n|\r/);
}

/** As the server takes it. */
function rowInfo({ id, fields }: Row): ExampleInfo {
  return { id, prompt: "", target: null, source: null, fields: { ...fields } };
}

/** Where a cell stands among those of so many variants. */
export function placeOfCell({ row, variant }: Cell, variants: number): number {
  return row * variants + variant;
}

/** How far the widest interval reaches from 0, nats. */
export function reach(effects: readonly LineEffect[]): number {
  const ends = effects.flatMap(({ effect }) => [
    Math.abs(effect.value),
    Math.abs(effect.low ?? 0),
    Math.abs(effect.high ?? 0),
  ]);
  return Math.max(1e-6, ...ends);
}
