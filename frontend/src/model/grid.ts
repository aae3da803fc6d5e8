/** Variants of a prompt over rows: what is tried, and what is known of each cell. */
import type { Cell, ExampleInfo, LineEffect, Prompt, Variant } from "../wire";
import type { Example } from "./example";

export interface Row {
  readonly id: string;
  /** What the template's variables stand for. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface GridSetup {
  /** Null is the prompt of the page. */
  readonly template: Prompt | null;
  /** Put on top: each alone, and all together. */
  readonly principles: readonly string[];
  readonly withoutEach: "line" | "example" | null;
  readonly reorder: boolean;
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
  principles: [],
  withoutEach: null,
  reorder: false,
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

/** A row that is to be filled in. */
export function blankRow(rows: readonly Row[], name: (n: number) => string): Row {
  const taken = new Set(rows.map(({ id }) => id));
  let n = rows.length + 1;
  while (taken.has(name(n))) n++;
  return { id: name(n), fields: {} };
}

/** Rows of the examples that have something for every variable. */
export function rowsOf(examples: readonly Example[], variables: readonly string[]): Row[] {
  return examples.flatMap(({ fields = {}, id, prompt, target }) => {
    const known: Record<string, unknown> = { id, prompt, target, ...fields };
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
export function rowInfo({ id, fields }: Row): ExampleInfo {
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
