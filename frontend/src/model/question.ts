/** What is asked about an answer, and the parts that requests about it share. */
import type {
  Attribution,
  Granularity,
  Measure,
  MethodInfo,
  ParameterValue,
  Requests,
  Span,
} from "../wire";
import { type Answer, referenceOf } from "./answer";

/** What the model might have written in the target's place: text, or ids of tokens. */
export interface Foil {
  readonly value: string | readonly number[];
  readonly text: string;
}

export interface Subject {
  readonly answer: Answer;
  readonly target: Span;
  readonly foil: Foil | null;
}

export const MEASURES: readonly Measure[] = ["log_prob", "share"];
/** As many answers as the server counts after an altered prompt. */
export const MOST_SAMPLES = 1_000;

/** How answers are counted, and which of them; null where nobody counts any. */
export interface Counting {
  readonly samples: number;
  /** A regular expression that they match; null for the target's words. */
  readonly matching: string | null;
}

export interface Question extends Subject {
  readonly counting: Counting | null;
  readonly method: MethodInfo;
  readonly params: Record<string, ParameterValue>;
  readonly granularity: Granularity;
  readonly pattern: string | null;
  /** Segments that may be measured from coarse to fine; null for one granularity throughout. */
  readonly budget: number | null;
}

/** What a person chooses that a question depends on. */
export interface QuestionChoices {
  readonly granularity: Granularity;
  readonly pattern: string;
  readonly coarse: boolean;
  readonly budget: number;
  /** The parameters of a method that the person changed. */
  paramsOf(method: string): Record<string, ParameterValue>;
}

/** About this subject by this method, with the granularity and the rest as the person chose. */
export function questionOf(
  subject: Subject,
  method: MethodInfo,
  choices: QuestionChoices,
  counting: Counting | null = null,
): Question {
  const { granularity, pattern, budget, coarse } = choices;
  const refined = coarse && granularity !== "custom" && !method.scores_tokens;
  const params = paramsFor(method, choices);
  return {
    ...subject,
    counting,
    method,
    params,
    granularity,
    pattern,
    budget: refined ? budget : null,
  };
}

/** A method's parameters: its defaults, and what the person changed. */
export function paramsFor(
  method: MethodInfo,
  choices: Pick<QuestionChoices, "paramsOf">,
): Record<string, ParameterValue> {
  const defaults = method.parameters.map(({ name, default: value }) => [name, value] as const);
  return { ...Object.fromEntries(defaults), ...choices.paramsOf(method.name) };
}

/** The question as it is sent. Token scores are joined here, so they need no custom segments. */
export function explainRequest(question: Question): Requests["explain"] {
  const { method, params, granularity, pattern, budget } = question;
  const custom = granularity === "custom" && method.scores_tokens;
  return {
    ...aboutSubject(question),
    ...aboutCounting(question),
    method: method.name,
    params,
    granularity: custom ? "token" : granularity,
    pattern: custom || granularity !== "custom" ? null : pattern,
    budget,
  };
}

/** By which a map came about; null if no answers were counted. */
export function countingOf({ share }: Attribution): Counting | null {
  return share ? { samples: share.samples, matching: share.pattern ?? null } : null;
}

/** What is measured, as it is sent. */
export function aboutCounting({ counting }: Pick<Question, "counting">) {
  if (!counting) return { measure: "log_prob", samples: 10, matching: null } as const;
  return { measure: "share", ...counting } as const;
}

export function aboutSubject({ answer, target, foil }: Subject) {
  const value = foil?.value ?? null;
  return {
    model: answer.model,
    reference: referenceOf(answer),
    target,
    foil: typeof value === "string" ? value : value && [...value],
  };
}

export function keyOfSubject({ answer, target, foil }: Subject): string {
  return JSON.stringify([answer.id, target, foil?.value ?? null]);
}

/**
 * The same for questions that have the same map: token scores know no granularity. A method that
 * speaks another language has other things to say of its map.
 */
export function keyOfQuestion(question: Question): string {
  const { counting, method, params, granularity, pattern, budget } = question;
  const cut = method.scores_tokens
    ? null
    : [granularity, granularity === "custom" ? pattern : null, budget];
  return JSON.stringify([
    keyOfSubject(question),
    method.name,
    method.description,
    params,
    cut,
    counting,
  ]);
}

/** The same for maps of which the same is found: what made them does not matter. */
export function keyOfMap(subject: Subject, { granularity, segments, share }: Attribution): string {
  const map = segments.map(({ start, stop, score, level }) => [start, stop, score, level]);
  return JSON.stringify([keyOfSubject(subject), granularity, map, share ?? null]);
}
