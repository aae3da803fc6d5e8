/** Log-probabilities in words and digits that a person can weigh. */
import type { Token } from "../wire";

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** The log-probability of tokens the model was asked to score; null if of none. */
export function summedLogProb(tokens: readonly Token[]): number | null {
  const known = tokens.map((token) => token.log_prob).filter((value) => value != null);
  return known.length === tokens.length ? known.reduce((sum, value) => sum + value, 0) : null;
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
