/** Datasets as tables: what is asked for, which rows are in sight, and a row that is edited. */
import type { ExampleInfo, Requests } from "../wire";

type RowsRequest = Requests["rows"];
export type Condition = RowsRequest["conditions"][number];
export type Order = NonNullable<RowsRequest["order"]>;

/** What is looked for, kept with the session. */
export interface TableSetup {
  /** Null is all there are. */
  readonly datasets: readonly string[] | null;
  /** What must stand anywhere in a row; "" is nothing. */
  readonly anywhere: string;
  readonly isPattern: boolean;
  /** What must stand in a column, by the column's name. */
  readonly columns: Readonly<Record<string, string>>;
  readonly order: Order | null;
}

export const NO_TABLE: TableSetup = {
  datasets: null,
  anywhere: "",
  isPattern: false,
  columns: {},
  order: null,
};

/** Where a row is. */
export interface Place {
  readonly dataset: string;
  readonly id: string;
}

export function placeOf(key: string): Place {
  const [dataset, id] = JSON.parse(key) as [string, string];
  return { dataset, id };
}

export function keyOf({ dataset, id }: Place): string {
  return JSON.stringify([dataset, id]); // either may hold any character
}

export const PAGE = 200; // rows that are asked for at once
export const ROW = 34; // px, as high as one is
const MARGIN = 12; // rows above and below those in sight

export function conditionsOf({ anywhere, columns, isPattern }: TableSetup): Condition[] {
  const asked: [string | null, string][] = [[null, anywhere], ...Object.entries(columns)];
  return asked
    .filter(([, text]) => text !== "")
    .map(([column, text]) => ({ column, text, is_pattern: isPattern }));
}

/** Sorted by a column, then the other way round, then as it was. */
export function nextOrder(order: Order | null, column: string): Order | null {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}

/** The numbers of the rows in sight and a few more: from, and up to but without. */
export function inSight(
  top: number,
  height: number,
  row: number,
  count: number,
): readonly [number, number] {
  const first = Math.max(0, Math.floor(top / row) - MARGIN);
  const last = Math.min(count, Math.ceil((top + height) / row) + MARGIN);
  return [Math.min(first, last), last];
}

/** The pages that have these rows. */
export function pagesOf(first: number, last: number): number[] {
  if (last <= first) return [];
  const from = Math.floor(first / PAGE);
  return Array.from({ length: Math.floor((last - 1) / PAGE) - from + 1 }, (_, i) => from + i);
}

/** A value of a field as it is typed: text as it is, anything else as JSON. */
export function typed(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** What was typed in the place of a value; undefined if it is no JSON where it should be. */
export function read(text: string, before: unknown): unknown {
  if (typeof before === "string" || before === null || before === undefined) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A name that no dataset has, for what is in a file. */
export function freeName(file: string, datasets: readonly { readonly name: string }[]): string {
  const taken = new Set(datasets.map(({ name }) => name));
  const stem = file.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}_.-]+/gu, "-") || "data";
  let name = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
  return name;
}

/** Rows that were pasted, as a file: JSON, a line of it for each row, or what a spreadsheet copies. */
export function pastedRows(block: string): { name: string; text: string } | null {
  const text = block.replace(/\r\n?/g, "\n").replace(/^\n+|\n+$/g, "");
  if (text.trim() === "") return null;
  if (isJson(text))
    return { name: Array.isArray(JSON.parse(text)) ? "rows.json" : "rows.jsonl", text };
  if (text.split("\n").every((line) => line.trim() === "" || isJson(line))) {
    return { name: "rows.jsonl", text };
  }
  const rows = cellsOf(text);
  const names = rows[0]!.map((name) => name.trim());
  const isHead = names.includes("prompt");
  const columns = isHead
    ? names
    : ["prompt", "target", ...names.slice(2).map((_, i) => `column ${i + 3}`)];
  const lines = (isHead ? rows.slice(1) : rows).map((cells) => {
    const pairs = cells.map((cell, i) => [columns[i] ?? `column ${i + 1}`, cell] as const);
    return JSON.stringify(Object.fromEntries(pairs.filter(([, cell]) => cell !== "")));
  });
  return { name: "rows.jsonl", text: lines.join("\n") };
}

/** An object or a list; a number or a quotation may be a prompt. */
function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Lines of cells between tabs; a cell with tabs, quotes or ends of lines in it stands in quotes. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|\n|$)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  return rows;
}

/** Names of columns that no field can have. */
const TAKEN = ["id", "prompt", "messages", "target", "source"];

/** Whether a row can get a field of this name. */
export function isFree(name: string, row: ExampleInfo): boolean {
  return name !== "" && !TAKEN.includes(name) && !Object.hasOwn(row.fields ?? {}, name);
}
