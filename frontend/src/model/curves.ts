/** From curves of nats to lines on a chart. */
import type { Curve, Faithfulness } from "../wire";

/** Taken away part by part, left alone part by part, taken away by their tokens. */
export type Which = "deletion" | "insertion" | "tokens";

/** From left to right, and nats. */
export type Point = readonly [x: number, nats: number];

export interface Chart {
  readonly map: readonly Point[];
  readonly exact: readonly Point[];
  /** Of the random orders: the least, the middle and the most at each place. */
  readonly low: readonly Point[];
  readonly middle: readonly Point[];
  readonly high: readonly Point[];
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
}

const PLACES = 12; // where random orders of different lengths are compared by tokens

/** Whether a check counted tokens; those of older versions did not. */
export function countsTokens(check: Faithfulness): boolean {
  return [check.map_order, check.leave_one_out, ...check.random_orders].every(
    ({ tokens }) => tokens.length === check.steps.length,
  );
}

export function chartOf(check: Faithfulness, which: Which): Chart {
  return which === "tokens" ? byTokens(check) : byParts(check, which);
}

function byParts(check: Faithfulness, which: "deletion" | "insertion"): Chart {
  const start = which === "deletion" ? [0] : []; // with nothing taken away nothing is lost
  const steps = [...start, ...check.steps];
  const columns = check.steps.map((_, i) => check.random_orders.map((order) => order[which][i]!));
  const points = (values: readonly number[]): Point[] =>
    [...start, ...values].map((value, i) => [i, value]);
  return {
    map: points(check.map_order[which]),
    exact: points(check.leave_one_out[which]),
    low: points(columns.map((column) => Math.min(...column))),
    middle: points(columns.map(median)),
    high: points(columns.map((column) => Math.max(...column))),
    ticks: steps.map((step, x) => ({ x, label: String(step) })),
  };
}

function byTokens(check: Faithfulness): Chart {
  const points = ({ deletion, tokens }: Curve): Point[] => [
    [0, 0],
    ...deletion.map((value, i): Point => [tokens[i]!, value]),
  ];
  const map = points(check.map_order);
  const exact = points(check.leave_one_out);
  const random = check.random_orders.map(points);
  const end = Math.max(...[map, exact, ...random].map((line) => line.at(-1)![0]));
  const places = Array.from({ length: PLACES + 1 }, (_, i) => (end * i) / PLACES);
  const columns = places.map((x) => random.map((line) => heightAt(line, x)));
  const over = (of: (column: number[]) => number): Point[] =>
    columns.map((column, i) => [places[i]!, of(column)]);
  return {
    map,
    exact,
    low: over((column) => Math.min(...column)),
    middle: over(median),
    high: over((column) => Math.max(...column)),
    ticks: ticks(0, end).map((x) => ({ x, label: String(x) })),
  };
}

/** Nats at a place between two points of a line; behind its last, as many as there. */
function heightAt(line: readonly Point[], x: number): number {
  const after = line.findIndex(([at]) => at >= x);
  if (after < 0) return line.at(-1)![1];
  if (after === 0) return line[0]![1];
  const [x0, y0] = line[after - 1]!;
  const [x1, y1] = line[after]!;
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/** The median over random orders of the mean over steps: what a map's own mean compares with. */
export function randomMean(check: Faithfulness, which: "deletion" | "insertion"): number {
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
