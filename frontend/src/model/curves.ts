/** From curves of nats to lines on a chart. */
import type { Faithfulness } from "../wire";

export type Which = "deletion" | "insertion";

export interface Chart {
  /** How many parts, at each place from left to right. */
  readonly steps: readonly number[];
  readonly map: readonly number[];
  readonly exact: readonly number[];
  /** Of the random orders: the least, the middle and the most at each place. */
  readonly low: readonly number[];
  readonly middle: readonly number[];
  readonly high: readonly number[];
}

export function chartOf(found: Faithfulness, which: Which): Chart {
  const start = which === "deletion" ? [0] : []; // with nothing taken away nothing is lost
  const columns = found.steps.map((_, i) => found.random.map((one) => one[which][i]!));
  return {
    steps: [...start, ...found.steps],
    map: [...start, ...found.map[which]],
    exact: [...start, ...found.leave_one_out[which]],
    low: [...start, ...columns.map((column) => Math.min(...column))],
    middle: [...start, ...columns.map(median)],
    high: [...start, ...columns.map((column) => Math.max(...column))],
  };
}

/** The median over random orders of the mean over steps: what a map's own mean compares with. */
export function randomMean(found: Faithfulness, which: Which): number {
  return median(found.random.map((one) => mean(one[which])));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Heights for labels that want to be at `wanted`, at least `gap` apart, none above `top` or below `bottom`. */
export function apart(
  wanted: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = [...wanted];
  let floor = top;
  for (const i of order) {
    placed[i] = Math.max(placed[i]!, floor);
    floor = placed[i] + gap;
  }
  let ceiling = bottom;
  for (const i of order.toReversed()) {
    placed[i] = Math.min(placed[i]!, ceiling);
    ceiling = placed[i] - gap;
  }
  return placed;
}

/** Round numbers from `low` to `high` for an axis, three or four of them. */
export function ticks(low: number, high: number): number[] {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => span / one <= 4) ?? span;
  const found: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high + 1e-9; n++) found.push(n * step);
  return found;
}

/** What a check takes, in passes of the whole prompt: 20 random orders, the map's and the exact
 * one, both ways, of altered prompts that are half as long on average. */
export function runsOf(parts: number): number {
  let steps = 2;
  for (let [a, b] = [1, 2]; a + b <= parts / 2; [a, b] = [b, a + b]) steps++;
  return (1 + parts + (20 + 2) * 2 * steps) / 2;
}
