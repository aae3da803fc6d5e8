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

/** Rows that were pasted: lines with tabs, whose first one names the columns if it says `prompt`. */
export function pastedRows(block: string): string | null {
  const text = block.replace(/\r\n?/g, "\n").trim();
  if (text === "") return null;
  if (/^[[{]/.test(text)) return text; // JSON, or a line of it for each row
  const rows = text.split("\n").map((line) => line.split("\t"));
  const names = rows[0]!.map((name) => name.trim());
  const isHead = names.includes("prompt");
  const columns = isHead
    ? names
    : ["prompt", "target", ...names.slice(2).map((_, i) => `column ${i + 3}`)];
  return (isHead ? rows.slice(1) : rows)
    .map((cells) => {
      const pairs = cells.map((cell, i) => [columns[i] ?? `column ${i + 1}`, cell] as const);
      return JSON.stringify(Object.fromEntries(pairs.filter(([, cell]) => cell !== "")));
    })
    .join("\n");
}

/** A row with another value in one of its columns; one that is empty is left out. */
export function withValue(row: ExampleInfo, column: string, value: unknown): ExampleInfo {
  if (column === "prompt") return { ...row, prompt: value as ExampleInfo["prompt"] };
  if (column === "target" || column === "source") {
    return { ...row, [column]: value === "" ? null : (value as string) };
  }
  return { ...row, fields: { ...row.fields, [column]: value } };
}
