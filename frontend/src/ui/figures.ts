/** Figures that a person can weigh, in the digits of the language spoken. */
import { onOneLine } from "../model/unseen";
import { language, t } from "../strings";
import type { Bound, Estimate, Measure, Proof, ScoredSegment, Share } from "../wire";

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const UNITS = ["B", "kB", "MB", "GB", "TB"];
/** Loading counts bytes, or now and then a few things such as tensors. */
const MIN_BYTES = 50_000;

/** Making one takes longer than all else here. */
const formats = new Map<string, Intl.NumberFormat>();

function format(value: number, options: Intl.NumberFormatOptions): string {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.NumberFormat(language, options);
  formats.set(key, known);
  return known.format(value);
}

/** A whole number, thousands apart. */
export const whole = (value: number) => format(value, { maximumFractionDigits: 0 });

/** Always the same number of decimals. */
export const decimals = (value: number, digits: number) =>
  format(value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });

/** A share of one, in whole percent: "82%". */
export const percent = (share: number) =>
  format(share, { style: "percent", maximumFractionDigits: 0 });

/** A probability from a log-probability: "82%", "0.4%", "1 in 12,000", "1 in 10⁹". */
export function probability(logProb: number): string {
  const share = Math.exp(logProb);
  if (share > 0.9995) {
    return share >= 1
      ? percent(1)
      : `>${format(0.999, { style: "percent", minimumFractionDigits: 1 })}`;
  }
  if (share >= 0.1) return percent(share);
  if (share >= 0.00095) {
    return format(share, {
      style: "percent",
      minimumSignificantDigits: share >= 0.01 ? 2 : 1,
      maximumSignificantDigits: share >= 0.01 ? 2 : 1,
    });
  }
  const power = -logProb / Math.LN10;
  if (power >= 6) return t.figures.oneIn(`10${superscript(Math.round(power))}`);
  return t.figures.oneIn(format(Math.exp(-logProb), { maximumSignificantDigits: 2 }));
}

const SAME = 0.05; // a probability that changes by less is about the same, as the server says, too

/**
 * What a loss of log-probability does, nats: "163 times less likely", "10⁹ times more likely"; of a
 * bound, "at least 163 times less likely". Whoever loses at least so much gains at most so much.
 */
export function timesLikely(lost: number, bound: Bound | null = null): string {
  const size = Math.abs(lost);
  const same = Math.expm1(Math.min(size, 1)) < SAME;
  const change = same ? t.figures.same : changeOf(lost, size);
  if (bound === null || (bound === "about" && same)) return change;
  if (bound === "about") return t.figures.roughly(change);
  const isLeast = (bound === "at_least") === (lost > 0 && !same);
  return isLeast ? t.figures.atLeast(change) : t.figures.atMost(change);
}

function changeOf(lost: number, size: number): string {
  const power = size / Math.LN10;
  const times = Math.exp(size);
  const told =
    power > 6 - 1e-9
      ? `10${superscript(Math.round(power))}`
      : format(times, {
          minimumFractionDigits: times < 10 ? 1 : 0,
          maximumFractionDigits: times < 10 ? 1 : 0,
        });
  return lost > 0 ? t.figures.less(told) : t.figures.more(told);
}

/** A share of answers: "18 of 20 answers". */
export const shareText = ({ with_all: { value }, samples }: Share) =>
  t.counted.of(Math.round(value * samples), samples);

/** The interval that it lies in: "70% to 97%". */
export const shareRange = ({ with_all: { low, high } }: Share) =>
  t.counted.between(percent(low ?? 0), percent(high ?? 1));

/** A share that was counted, and its interval: "3 of 10 answers (11% to 60%)". */
export function estimateText({ value, of, low, high }: Estimate): string {
  const range = t.counted.between(percent(low ?? 0), percent(high ?? 1));
  return `${t.counted.of(Math.round(value * of), of)} (${range})`;
}

/** The ends of what was lost, signed, in percentage points. */
export function lossEnds({ interval, lost }: Pick<Proof, "interval" | "lost">): [string, string] {
  const [low, high] = interval ?? [lost, lost];
  return [signedNumber(-high, 0), signedNumber(-low, 0)];
}

type Loss = Pick<Proof, "bound" | "lost" | "measure">;

/** What a loss makes of what was measured: of the target, or of the share of answers. */
export function lossText({ bound, lost, measure }: Loss): string {
  if (measure !== "share") return timesLikely(lost, bound);
  const size = Math.abs(lost);
  const told = decimals(size, size >= 10 || Number.isInteger(size) ? 0 : 1);
  if (told === decimals(0, 0)) return t.counted.same;
  return lost > 0 ? t.counted.lower(told) : t.counted.higher(told);
}

/** What happens without a part. */
export function proofText(proof: Proof): string {
  if (proof.measure === "share") return t.counted.alone(lossText(proof));
  const said = { words: onOneLine(proof.said ?? ""), changed: proof.changed ?? null };
  return t.proofs.alone(lossText(proof), said);
}

/** Log-probability or score with a true minus sign, always the same number of decimals. */
export function signedNumber(value: number, digits = 2): string {
  const zero = Number(value.toFixed(digits)) === 0;
  const text = decimals(Math.abs(value), digits);
  return value < 0 && !zero ? `−${text}` : text;
}

/**
 * Scores of any size: two decimals, more for small ones, powers of ten beyond. Percentage points of
 * a share of answers are counted: one decimal is all there is.
 */
export function scoreText(score: number, signed: boolean, measure: Measure = "log_prob"): string {
  if (measure === "share") {
    const text = signedNumber(score, 1);
    return signed && score > 0 && Number(score.toFixed(1)) !== 0 ? `+${text}` : text;
  }
  const size = Math.abs(score);
  const text =
    size !== 0 && (size < 0.001 || size >= 10_000)
      ? powerText(size)
      : decimals(size, size >= 100 ? 0 : size >= 0.1 || size === 0 ? 2 : 3);
  if (score < 0) return `−${text}`;
  return signed && size > 0 ? `+${text}` : text;
}

const SIGNS: Record<Bound, string> = { at_least: "≥", at_most: "≤", about: "≈" };

/** What stands before a figure that is a bound: "≥ "; nothing before one that is exact. */
export const signOf = (bound: Bound | null | undefined) => (bound ? `${SIGNS[bound]} ` : "");

/** What a figure tells if that is told of what is taken from it. */
export const opposite = (bound: Bound): Bound =>
  (({ at_least: "at_most", at_most: "at_least", about: "about" }) as const)[bound];

/** The score of a segment, as it is shown. */
export function influenceText(
  { bound, score }: Pick<ScoredSegment, "bound" | "score">,
  signed: boolean,
  measure?: Measure,
): string {
  return signOf(bound) + scoreText(score, signed, measure);
}

/** Digits and a power of ten: "2.0×10⁻⁴". */
function powerText(size: number): string {
  const [digits, power] = size.toExponential(1).split("e");
  return `${decimals(Number(digits), 1)}×10${superscript(Number(power))}`;
}

function superscript(power: number): string {
  const digits = [...String(Math.abs(power))].map((d) => SUPERSCRIPT[Number(d)]).join("");
  return (power < 0 ? "⁻" : "") + digits;
}

/** `done` in the unit that suits `total`: "37 MB", "1.2 GB", or plain "12". */
export function amount(done: number, total: number): string {
  if (total < MIN_BYTES) return String(done);
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(total) / 3));
  const size = done / 1000 ** power;
  return `${decimals(size, total / 1000 ** power < 10 ? 1 : 0)} ${UNITS[power]}`;
}
