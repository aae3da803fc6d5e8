/** Log-probabilities in words and digits that a person can weigh. */

export interface Change {
  readonly kind: "less" | "more" | "same";
  /** "163", "2.4", "10^12"; empty when about the same. */
  readonly times: string;
}

const SAME = 0.05;
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** How many times less (or more) likely something became, from log-probabilities in nats. */
export function change(logProb: number, changedLogProb: number): Change {
  const nats = logProb - changedLogProb;
  if (Math.abs(Math.expm1(Math.abs(nats))) < SAME) return { kind: "same", times: "" };
  return { kind: nats > 0 ? "less" : "more", times: times(Math.abs(nats)) };
}

/** e to the `nats`, short: two digits below ten, whole numbers, then powers of ten. */
function times(nats: number): string {
  const power = nats / Math.LN10;
  if (power >= 6) return `10${superscript(Math.round(power))}`;
  const ratio = Math.exp(nats);
  return ratio < 10 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString("en");
}

/** A probability from a log-probability: "82%", "0.4%", "1 in 12,000", "1 in 10⁹". */
export function probability(logProb: number): string {
  const percent = Math.exp(logProb) * 100;
  if (percent > 99.95) return percent >= 100 ? "100%" : ">99.9%";
  if (percent >= 10) return `${percent.toFixed(0)}%`;
  if (percent >= 0.095) return `${percent.toPrecision(percent >= 1 ? 2 : 1)}%`;
  const power = -logProb / Math.LN10;
  if (power >= 6) return `1 in 10${superscript(Math.round(power))}`;
  return `1 in ${roundTo(Math.exp(-logProb), 2).toLocaleString("en")}`;
}

/** Log-probability or score with a true minus sign, always the same number of decimals. */
export function signedNumber(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  return value < 0 && !zero ? `−${text}` : text;
}

/** Scores of any size: two decimals, more for small ones, powers of ten beyond. */
export function scoreText(score: number, signed: boolean): string {
  const size = Math.abs(score);
  const text =
    size !== 0 && (size < 0.001 || size >= 10_000)
      ? powerText(size)
      : size.toFixed(size >= 100 ? 0 : size >= 0.1 || size === 0 ? 2 : 3);
  if (score < 0) return `−${text}`;
  return signed && size > 0 ? `+${text}` : text;
}

function powerText(size: number): string {
  const [digits, power] = size.toExponential(1).split("e");
  return `${digits}×10${superscript(Number(power))}`;
}

function superscript(power: number): string {
  const digits = [...String(Math.abs(power))].map((d) => SUPERSCRIPT[Number(d)]).join("");
  return (power < 0 ? "⁻" : "") + digits;
}

function roundTo(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
