/** A grid as it is kept: what was asked, and what came of it. */
import type { Cell, VariantFound } from "../wire";
import type { Asked, GridSetup } from "./grid";
import { onOneLine, trimmed } from "./unseen";

/** What a list shows of one. */
export interface GridHead {
  readonly id: string;
  /** When it was run, in milliseconds since 1970. */
  readonly at: number;
  /** The last line of the template: it asks. */
  readonly about: string;
  /** What the variants change. */
  readonly tried: string;
  readonly model: string;
  readonly variants: number;
  readonly rows: number;
  /** So many cells are known. */
  readonly known: number;
}

export interface KeptGrid {
  /** As the person had set it up. */
  readonly setup: GridSetup;
  readonly asked: Asked;
  /** Every variant's for the first row, then for the second; null where none is known. */
  readonly cells: readonly (Cell | null)[];
  readonly found: readonly VariantFound[] | null;
}

/** No browser knows a time beyond. */
const MOST_TIME = 8.64e15;
const MAX_WORDS = 160; // characters

export function gridHead(id: string, at: number, { asked, cells }: KeptGrid): GridHead {
  const { model, rows, template, variants } = asked;
  const text = typeof template === "string" ? template : (template.at(-1)?.content ?? "");
  const about = onOneLine(trimmed(text).split("\n").at(-1) ?? "").slice(0, MAX_WORDS);
  const changes = variants.slice(1).map((one) => one.change || one.name);
  const tried = onOneLine(changes.join("; ")).slice(0, MAX_WORDS);
  const known = cells.filter((cell) => cell !== null).length;
  return { id, at, about, tried, model, variants: variants.length, rows: rows.length, known };
}

export function isGridHead(listed: { readonly id: string }): listed is GridHead {
  const { about, at, known, model, rows, tried, variants } = listed as Partial<GridHead>;
  const numbers = [at, variants, rows, known];
  if ((at ?? 0) > MOST_TIME) return false;
  return (
    [about, model, tried].every((text) => typeof text === "string") &&
    numbers.every(Number.isFinite)
  );
}

/** Whether a record holds one that this version can show, whoever wrote it. */
export function isKeptGrid(record: unknown): record is KeptGrid {
  const { asked, cells, found, setup } = (record ?? {}) as Partial<KeptGrid>;
  const variants: readonly unknown[] = listOf(asked?.variants);
  const rows: readonly unknown[] = listOf(asked?.rows);
  return (
    variants.length > 0 &&
    variants.every((one) => isRecord(one) && typeof one.name === "string") &&
    rows.every((row) => isRecord(row) && typeof row.id === "string" && isRecord(row.fields)) &&
    new Set(rows.map((row) => (row as { id: string }).id)).size === rows.length &&
    isRecord(asked?.options) &&
    isRecord(setup) &&
    Array.isArray(setup.rows) &&
    Array.isArray(cells) &&
    cells.length === variants.length * rows.length &&
    cells.every((cell: unknown) => cell === null || isCell(cell)) &&
    (found === null || (Array.isArray(found) && found.length === variants.length))
  );
}

function isCell(cell: unknown): boolean {
  if (!isRecord(cell) || !Array.isArray(cell.effects) || !Array.isArray(cell.samples)) return false;
  return cell.samples.every(
    (one: unknown) => isRecord(one) && typeof one.response === "string" && Array.isArray(one.ids),
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
