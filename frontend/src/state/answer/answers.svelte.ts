/** The answers to the prompt that is shown: written by the model, or given by the dataset. */
import { chipsOf, looseSpans, type Chip } from "../../model/chips";
import type {
  FinishReason,
  Generation,
  GenerationOptions,
  Prompt,
  Segmentations,
  SequenceRef,
  Span,
  Token,
  TokenSequence,
} from "../../wire";
import { samePrompt } from "../../model/draft";
import type { Store } from "../../host/store";

const PART = "answers";
const KEPT = 6;
const MOST_KEPT_CHARACTERS = 2_500_000;
const CHARACTERS_A_TOKEN = 150;

export interface Answer {
  readonly id: number;
  readonly kind: "model" | "dataset";
  readonly model: string;
  readonly prompt: Prompt;
  /** Token spans of the full prompt that were taken away first. */
  readonly muted: readonly Span[];
  /** Their words, to show what is missing. */
  readonly mutedTexts: readonly string[];
  /** How it was written; null if it was given. */
  readonly options: GenerationOptions | null;
  readonly tokens: readonly Token[];
  readonly promptLength: number;
  readonly segmentations: Segmentations;
  /** Null while it is being written. */
  readonly finish: FinishReason | null;
}

export class Answers {
  #all = $state.raw<readonly Answer[]>([]);
  #prompt = $state.raw<Prompt>("");
  #currentId = $state(0);
  #nextId = 1;

  /** Answers to the prompt that is shown, the oldest first. */
  readonly shown: readonly Answer[] = $derived(
    this.#all.filter((one) => samePrompt(one.prompt, this.#prompt)),
  );
  readonly current: Answer | null = $derived(
    this.shown.find((one) => one.id === this.#currentId) ?? this.shown.at(-1) ?? null,
  );
  readonly chips: readonly Chip[] = $derived(this.current ? chipsOfAnswer(this.current) : []);

  constructor(private readonly store: Store) {
    const found = store.read(PART) as { all: Answer[]; current: number } | null;
    if (!found || !Array.isArray(found.all)) return;
    this.#all = found.all.filter((one) => one?.tokens && one.segmentations);
    this.#currentId = found.current;
    this.#nextId = Math.max(0, ...this.#all.map((one) => one.id)) + 1;
  }

  /** Show the answers to this prompt, if there are any. */
  show(prompt: Prompt): void {
    this.#prompt = prompt;
    if (this.shown.some((one) => one.id === this.#currentId)) return;
    this.#currentId = this.shown.at(-1)?.id ?? 0;
  }

  select(id: number): void {
    this.#currentId = id;
    this.#save();
  }

  /** A new answer begins, or came whole; it is the one that is shown. */
  begin(
    from: Pick<Answer, "kind" | "model" | "prompt" | "muted" | "mutedTexts" | "options">,
    sequence: TokenSequence,
    segmentations: Segmentations,
    finish: FinishReason | null,
  ): number {
    const answer: Answer = {
      ...from,
      id: this.#nextId++,
      tokens: sequence.tokens,
      promptLength: sequence.prompt_length,
      segmentations,
      finish,
    };
    this.#all = this.#withRoomFor(answer);
    this.#prompt = answer.prompt;
    this.#currentId = answer.id;
    if (finish) this.#dropRepeats(answer.id);
    if (finish) this.#save();
    return answer.id;
  }

  /** Show an answer that came whole from elsewhere, unless it is here already. */
  take(generation: Generation, segmentations: Segmentations): void {
    const { prompt, sequence, model, muted, options = null, finish_reason: finish } = generation;
    this.show(prompt);
    const same = this.shown.find((one) => sameAnswer(one, generation));
    if (same) return this.select(same.id);
    const kind = finish === "given" ? ("dataset" as const) : ("model" as const);
    const from = { kind, model, prompt, muted, mutedTexts: [], options };
    this.begin(from, sequence, segmentations, finish);
  }

  extend(id: number, tokens: readonly Token[]): void {
    this.#change(id, (one) => ({ ...one, tokens: [...one.tokens, ...tokens] }));
  }

  finish(
    id: number,
    sequence: TokenSequence,
    segmentations: Segmentations,
    finish: FinishReason,
  ): void {
    this.#change(id, (one) => ({ ...one, tokens: sequence.tokens, segmentations, finish }));
    this.#dropRepeats(id);
    this.#save();
  }

  /** The person stopped it, or it broke off: what came so far stays; of nothing, nothing. */
  stop(id: number): void {
    this.#all = this.#all.filter((one) => one.id !== id || one.tokens.length > one.promptLength);
    this.#change(id, (one) => ({ ...one, finish: one.finish ?? "cancelled" }));
    this.#save();
  }

  find(kind: Answer["kind"], model: string | null): Answer | null {
    return this.shown.find((one) => one.kind === kind && one.model === model) ?? null;
  }

  #change(id: number, change: (answer: Answer) => Answer): void {
    this.#all = this.#all.map((one) => (one.id === id ? change(one) : one));
  }

  /** The oldest of many make room. */
  #withRoomFor(answer: Answer): Answer[] {
    return [...this.#all.slice(1 - KEPT * 3), answer];
  }

  /** An answer that says the same again, or goes on where one was stopped, replaces it. */
  #dropRepeats(id: number): void {
    const latest = this.#all.find((one) => one.id === id);
    if (!latest) return;
    this.#all = this.#all.filter((one) => one.id === id || !continues(latest, one));
  }

  #save(): void {
    const all = this.shown.filter((one) => one.finish).slice(-KEPT);
    const size = all.reduce((sum, one) => sum + one.tokens.length * CHARACTERS_A_TOKEN, 0);
    if (size > MOST_KEPT_CHARACTERS) this.store.forget(PART);
    else if (!this.store.write(PART, { all, current: this.#currentId })) {
      this.store.forget(PART); // rather no answer than half of one: it can be made again
    }
  }
}

/** Stopped half way, so that nobody told yet where its segments are. */
export function lacksSegments(answer: Answer): boolean {
  const known = answer.segmentations.token?.at(-1)?.[1] ?? 0;
  return answer.finish !== null && known < answer.tokens.length;
}

/** By the same model, the same tokens. */
export function sameAnswer(answer: Answer, { model, sequence }: Generation): boolean {
  return (
    answer.finish !== null &&
    answer.model === model &&
    answer.tokens.length === sequence.tokens.length &&
    answer.tokens.every((token, i) => token.id === sequence.tokens[i]!.id)
  );
}

export function referenceOf(answer: Answer): SequenceRef {
  return {
    prompt: answer.prompt,
    muted: [...answer.muted],
    response_ids: answer.tokens.slice(answer.promptLength).map((token) => token.id),
  };
}

export function chipsOfAnswer(answer: Answer): Chip[] {
  const known = answer.segmentations.token ?? [];
  const length = known.at(-1)?.[1] ?? 0;
  const spans =
    length < answer.tokens.length ? [...known, ...looseSpans(answer.tokens, length)] : known;
  return chipsOf(answer.tokens, spans);
}

function continues(latest: Answer, old: Answer): boolean {
  const ids = referenceOf(latest);
  const oldIds = referenceOf(old);
  return (
    old.kind === latest.kind &&
    old.model === latest.model &&
    samePrompt(old.prompt, latest.prompt) &&
    JSON.stringify(old.muted) === JSON.stringify(latest.muted) &&
    oldIds.response_ids.every((one, i) => one === ids.response_ids[i]) &&
    (old.finish === "cancelled" || oldIds.response_ids.length === ids.response_ids.length)
  );
}
