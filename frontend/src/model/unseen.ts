/**
 * Characters that a model reads and a person does not see: joiners, direction overrides, controls,
 * and tags, which spell ASCII that nothing draws. A hidden instruction is made of them, so all are
 * drawn as signs; but for those that text needs: the ones within emoji, after Han characters, and
 * between letters of scripts that join or after a virama.
 *
 * `backlit/display/unseen.py` has the same rule, and both are tested on the same cases.
 */

/** A stretch of text as it is drawn: `sign` stands where its characters can't be seen. */
export interface Piece {
  readonly text: string;
  readonly sign: string | null;
}

/** What can't be seen in a text. */
export interface Unseen {
  /** Characters (code points). */
  readonly count: number;
  /** What its tags spell; empty if there are none. */
  readonly reads: string;
}

const UNSEEN =
  "[\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\ufff9-\\ufffc\\ufffe\\uffff\\u2800\\u{13430}-\\u{1343F}]";
const TAG = "[\\u{E0020}-\\u{E007E}]";
const JOINING =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Mongolian}]";
const VIRAMA = "[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca]";
const FLAGS = ["gbeng", "gbsct", "gbwls"].map((region) =>
  [...region].map((letter) => String.fromCodePoint(0xe0000 + letter.codePointAt(0)!)).join(""),
);

/**
 * What text needs. Each is as narrow as what fonts draw, for whatever it lets pass could carry a
 * hidden message: a code beside a flag that no font has, or a letter behind each Han character.
 */
const NEEDED = [
  "(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]", // text or emoji style
  "(?<=[0-9#*])\\ufe0f(?=\\u20e3)", // keycaps
  "(?<=(?:\\p{Extended_Pictographic}|\\p{Emoji_Modifier})\\ufe0f?)\\u200d(?=\\p{Extended_Pictographic})",
  `(?<=\\u{1F3F4})(?:${FLAGS.join("|")})\\u{E007F}`, // the flags of regions that there are
  "(?<=\\p{Script=Han})[\\u{E0100}-\\u{E011F}]", // one of the registered forms of a character
  `(?<=${JOINING})(?<!${UNSEEN})[\\u200c\\u200d](?=${JOINING})(?!${UNSEEN})`,
  `(?<=${VIRAMA})[\\u200c\\u200d]`, // also at the end of a word
  "(?<=[\\u1820-\\u18aa])[\\u180b-\\u180f]", // forms of Mongolian letters
].join("|");
const SOME = new RegExp(UNSEEN, "u");
const RUNS = new RegExp(
  `(?<needed>${NEEDED})|(?<tags>[\\u{E0000}-\\u{E007F}]+)|(?<same>${UNSEEN})\\k<same>*`,
  "gu",
);
const TAGS = new RegExp(TAG, "gu");
const TAGS_READ = "tags: ";

/** How far around a piece of text the characters are that it needs. */
export const AROUND = 16; // UTF-16 units: the flag of a region

/** Whether a text has characters that may not be seen. */
export function hasUnseen(text: string): boolean {
  return SOME.test(text);
}

/**
 * A text in pieces, in order; together they are the text.
 *
 * `before` and `after` are what stands around it: an emoji may be cut into several tokens.
 */
export function pieces(text: string, before = "", after = ""): Piece[] {
  if (!SOME.test(text)) return text ? [{ text, sign: null }] : [];
  const lead = before.slice(-AROUND);
  const end = lead.length + text.length;
  const whole = lead + text + after.slice(0, AROUND);
  const found: Piece[] = [];
  let at = lead.length;
  const plain = (to: number) => {
    if (to > at) found.push({ text: whole.slice(at, to), sign: null });
  };
  for (const match of whole.matchAll(RUNS)) {
    const start = Math.max(match.index, lead.length);
    const stop = Math.min(match.index + match[0].length, end);
    if (match.groups?.needed !== undefined || start >= stop) continue;
    plain(start);
    const hidden = whole.slice(start, stop);
    const letters = match.groups?.tags === undefined ? "" : spelled(hidden);
    const begins = start === match.index; // the rest of a run of tags goes on without its name
    const sign = letters ? (begins ? TAGS_READ : "") + letters : codeOf(hidden);
    found.push({ text: hidden, sign });
    at = stop;
  }
  plain(end);
  return found;
}

/** What can't be seen in a text that stands between two others; null if all can. */
export function unseen(text: string, before = "", after = ""): Unseen | null {
  let count = 0;
  let reads = "";
  for (const piece of pieces(text, before, after)) {
    if (piece.sign === null) continue;
    count += [...piece.text].length;
    reads += spelled(piece.text);
  }
  return count > 0 ? { count, reads } : null;
}

/** A text with signs in place of what can't be seen. */
export function withSigns(text: string, shown: readonly Piece[] = pieces(text)): string {
  return shown.map((piece) => (piece.sign === null ? piece.text : `⟦${piece.sign}⟧`)).join("");
}

/** Without the blanks at both ends; what can't be seen is no blank, though JavaScript says so. */
export function trimmed(text: string): string {
  return text.replace(/^[^\S\ufeff\u2028\u2029]+|[^\S\ufeff\u2028\u2029]+$/g, "");
}

function codeOf(hidden: string): string {
  const code = hidden.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  const count = [...hidden].length;
  return count > 1 ? `U+${code} ×${count}` : `U+${code}`;
}

/** The ASCII that tags spell. */
function spelled(text: string): string {
  return (text.match(TAGS) ?? [])
    .map((tag) => String.fromCodePoint(tag.codePointAt(0)! - 0xe0000))
    .join("");
}

/** A text on one line, as it is told: without the space around it, and with signs. */
export function onOneLine(text: string): string {
  const line = text.trim().replace(/\s+/gu, " ");
  return withSigns(line, pieces(line));
}
