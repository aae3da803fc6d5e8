/**
 * From tokens to what is drawn: chips, the smallest pieces of text that can be pointed at.
 *
 * Several tokens may be the bytes of one character; they share its span and repeat its
 * text, and one chip stands for all of them. Offsets count code points, JavaScript strings
 * count UTF-16 units: nothing here slices a string by an offset without converting it.
 */
import type { Span, Token } from "../wire";

/** The role of what a model sets apart from its answer, between `<think>` and `</think>`. */
export const REASONING = "reasoning";

export interface Chip {
  /** Tokens `[start, stop)` of the sequence. */
  readonly start: number;
  readonly stop: number;
  readonly text: string;
  /** Stands for no characters (`<bos>`): shown as a small mark, not as text. */
  readonly mark: boolean;
  readonly role: string;
}

/** `text` without its first `count` code points. */
export function dropCodePoints(text: string, count: number): string {
  if (count <= 0) return text;
  let at = 0;
  for (const character of text) {
    if (count-- <= 0) break;
    at += character.length;
  }
  return text.slice(at);
}

/** The number of code points, counted no further than `limit`. */
export function countCodePoints(text: string, limit = Infinity): number {
  if (text.length / 2 > limit) return Math.ceil(text.length / 2);
  let count = 0;
  for (let i = 0; i < text.length; i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1) count++;
  return count;
}

/** One chip for each of `spans`, the token granularity of a sequence. */
export function chipsOf(tokens: readonly Token[], spans: readonly Span[]): Chip[] {
  let shown = 0; // code points drawn so far
  return spans.map(([start, stop]) => {
    let text = "";
    for (const token of tokens.slice(start, stop)) {
      if (token.stop > shown) {
        text += dropCodePoints(token.text, shown - token.start);
        shown = token.stop;
      }
    }
    const first = tokens[start]!;
    const mark = text === "";
    return { start, stop, text: mark ? first.text : text, mark, role: first.role };
  });
}

/** The chips of tokens whose segments are not known yet, as they are while streaming. */
export function provisionalSpans(tokens: readonly Token[], from: number): Span[] {
  const spans: Span[] = [];
  let shown = tokens[from - 1]?.stop ?? 0;
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i]!;
    const last = spans.at(-1);
    const joined = token.start < shown || (token.start === token.stop && !token.special);
    if (last && joined) last[1] = i + 1;
    else spans.push([i, i + 1]);
    shown = Math.max(shown, token.stop);
  }
  return spans;
}

/** The text of tokens `[start, stop)`, given the chips of the sequence. */
export function textOf(chips: readonly Chip[], start: number, stop: number): string {
  let text = "";
  for (let i = chipAt(chips, start); i >= 0 && i < chips.length; i++) {
    const chip = chips[i]!;
    if (chip.start >= stop) break;
    if (!chip.mark) text += chip.text;
  }
  return text;
}

const BESIDE = 32; // tokens: enough for what an emoji or a word has around a cut

/** What stands before and after tokens `[start, stop)`, as far as it says how they are drawn. */
export function beside(chips: readonly Chip[], start: number, stop: number): [string, string] {
  return [textOf(chips, Math.max(0, start - BESIDE), start), textOf(chips, stop, stop + BESIDE)];
}

/** The index of the chip that holds a token; -1 if none does. */
export function chipAt(chips: readonly Chip[], token: number): number {
  let low = 0;
  let high = chips.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const chip = chips[middle]!;
    if (token < chip.start) high = middle - 1;
    else if (token >= chip.stop) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** The chips of the reasoning that an answer begins with, and the blanks behind it. */
export function reasonedOf(answer: readonly Chip[]): readonly Chip[] {
  const isOurs = (chip: Chip) => chip.role === REASONING;
  if (!answer[0] || !isOurs(answer[0])) return [];
  const end = answer.findIndex((chip) => !isOurs(chip) && (chip.mark || chip.text.trim() !== ""));
  return end < 0 ? answer : answer.slice(0, end);
}

export const BLOCK_CHIPS = 100;

/**
 * Chips in blocks that the browser may skip drawing while they are out of sight. A block is
 * a box of its own, so it may end only where a line does, or text would break there.
 */
export function blocksOf(chips: readonly Chip[]): Chip[][] {
  const blocks: Chip[][] = [];
  let block: Chip[] = [];
  for (const chip of chips) {
    block.push(chip);
    if (block.length >= BLOCK_CHIPS && chip.text.endsWith("\n") && !chip.mark) {
      blocks.push(block);
      block = [];
    }
  }
  if (block.length > 0) blocks.push(block);
  return blocks;
}
