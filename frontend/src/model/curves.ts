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

export function chartOf(check: Faithfulness, which: Which): Chart {
  const start = which === "deletion" ? [0] : []; // with nothing taken away nothing is lost
  const columns = check.steps.map((_, i) => check.random_orders.map((order) => order[which][i]!));
  return {
    steps: [...start, ...check.steps],
    map: [...start, ...check.map_order[which]],
    exact: [...start, ...check.leave_one_out[which]],
    low: [...start, ...columns.map((column) => Math.min(...column))],
    middle: [...start, ...columns.map(median)],
    high: [...start, ...columns.map((column) => Math.max(...column))],
  };
}

/** The median over random orders of the mean over steps: what a map's own mean compares with. */
export function randomMean(check: Faithfulness, which: Which): number {
  return median(check.random_orders.map((order) => mean(order[which])));
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

/** Heights for labels that want to be at `heights`, at least `gap` apart, none above `top` or below `bottom`. */
export function apart(
  heights: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const spread = [...heights];
  let floor = top;
  for (const i of order) {
    spread[i] = Math.max(spread[i]!, floor);
    floor = spread[i] + gap;
  }
  let ceiling = bottom;
  for (const i of order.toReversed()) {
    spread[i] = Math.min(spread[i]!, ceiling);
    ceiling = spread[i] - gap;
  }
  return spread;
}

/** Round numbers from `low` to `high` for an axis, three or four of them. */
export function ticks(low: number, high: number): number[] {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => span / size <= 4) ?? span;
  const round: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high + 1e-9; n++) round.push(n * step);
  return round;
}
