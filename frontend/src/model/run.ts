/** Runs: what was generated and asked, and what came of it, kept so that it can be shown again. */
import type { Explanation, Proof, Scope, Span, Verdict } from "../wire";
import { type Answer, chipsOfAnswer, referenceOf, responseText } from "./answer";
import { textOf } from "./chips";
import { plainText } from "./draft";
import type { Foil } from "./question";
import { trimmed } from "./unseen";

/** Characters of an answer, and of what else is told of it in a list. */
const WORDS = 120;

/** What a page shows that is worth keeping. */
export interface Seen {
  readonly answer: Answer;
  /** What of it was asked about; null if nothing was yet. */
  readonly target: Span | null;
  readonly foil: Foil | null;
  /** The map of the target; null without one. */
  readonly explanation: Explanation | null;
  /** Where the map's pattern cuts the answer; null if it is of no pattern. */
  readonly cut?: readonly Span[] | null;
  /** Which influences were looked at, and what was measured of the first of those. */
  readonly scope: Scope;
  readonly proofs: readonly Proof[];
  readonly finding: string | null;
  /** The example that its prompt came from: its key, and how it is called. */
  readonly example: { readonly key: string; readonly id: string } | null;
}

/** What a list shows of a run. */
export interface RunHead {
  readonly id: string;
  /** The same for all runs of one answer. */
  readonly answer: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** It stays until it is dropped; of the others, the oldest make room. */
  readonly pinned: boolean;
  readonly model: string;
  readonly example: string | null;
  /** The first words of the prompt and of the answer, and those of the target. */
  readonly prompt: string;
  readonly words: string;
  readonly target: string | null;
  readonly foil: string | null;
  readonly verdict: Verdict | null;
}

/** Whether something that was kept, perhaps by another version, can be listed. */
export function isHead(value: unknown): value is RunHead {
  const head = value as RunHead;
  return (
    [head.id, head.answer, head.model, head.prompt, head.words].every(isText) &&
    head.id !== "" &&
    [head.example, head.target, head.foil, head.verdict].every(
      (one) => one === null || isText(one),
    ) &&
    Number.isFinite(head.at) &&
    typeof head.pinned === "boolean"
  );
}

/** Whether something that was kept can be shown. */
export function isSeen(value: unknown): value is Seen {
  const { answer, target, proofs } = (value ?? {}) as Partial<Seen>;
  return (
    Array.isArray(answer?.tokens) &&
    isText(answer.model) &&
    typeof answer.segmentations === "object" &&
    Array.isArray(proofs) &&
    (target === null || Array.isArray(target))
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function headOf(seen: Seen, at: number, pinned: boolean): RunHead {
  const { answer, target, foil, explanation, example } = seen;
  return {
    ...idsOf(seen),
    at,
    pinned,
    model: answer.model,
    example: example?.id ?? null,
    prompt: shortened(plainText(answer.prompt)),
    words: shortened(responseText(answer)),
    target: target && shortened(textOf(chipsOfAnswer(answer), ...target)),
    foil: foil && shortened(foil.text),
    verdict: explanation?.attributions[0]?.faithfulness?.verdict ?? null,
  };
}

/** The same for the same question about the same answer, in every tab and after every reload. */
export function idsOf({ answer, target, foil }: Pick<Seen, "answer" | "target" | "foil">) {
  const { prompt, muted, response_ids } = referenceOf(answer);
  const of = fingerprint(JSON.stringify([answer.model, prompt, muted, response_ids]));
  const asked = target ? fingerprint(JSON.stringify([target, foil?.value ?? null])) : "";
  return { id: `${of}.${asked}`, answer: of };
}

/** Pinned ones first, then the latest. */
export function inOrder(heads: readonly RunHead[]): RunHead[] {
  return heads.toSorted((a, b) => Number(b.pinned) - Number(a.pinned) || b.at - a.at);
}

function shortened(text: string): string {
  const line = trimmed(text.slice(0, 4 * WORDS)).replace(/\s+/g, " ");
  return line.length > WORDS ? `${line.slice(0, WORDS)}…` : line;
}

/** Two FNV-1a hashes of a text, with a prime each: enough to tell a person's runs apart. */
function fingerprint(text: string): string {
  const primes = [0x01000193, 0x5bd1e995];
  const hashes = primes.map((prime) => {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime);
    return (hash >>> 0).toString(36);
  });
  return hashes.join("");
}
