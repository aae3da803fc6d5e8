/** The answers to the prompt that is shown: written by the model, or given by the dataset. */
import type { Store } from "../../host/store";
import {
  type Answer,
  chipsOfAnswer,
  continues,
  generationOf,
  sameAnswer,
} from "../../model/answer";
import type { Chip } from "../../model/chips";
import { samePrompt } from "../../model/draft";
import type {
  FinishReason,
  Generation,
  Prompt,
  Segmentations,
  Token,
  TokenSequence,
} from "../../wire";

const PART = "answers";
const MAX_SAVED = 6;
const MAX_HELD = 3 * MAX_SAVED;
const MAX_SAVED_CHARACTERS = 2_500_000;
const CHARACTERS_A_TOKEN = 150;

export class Answers {
  #all = $state.raw<readonly Answer[]>([]);
  #prompt = $state.raw<Prompt>("");
  #currentId = $state(0);
  #nextId = 1;

  /** Answers to the prompt that is shown, the oldest first. */
  readonly shown: readonly Answer[] = $derived(
    this.#all.filter((answer) => samePrompt(answer.prompt, this.#prompt)),
  );
  readonly current: Answer | null = $derived(
    this.shown.find((answer) => answer.id === this.#currentId) ?? this.shown.at(-1) ?? null,
  );
  readonly chips: readonly Chip[] = $derived(this.current ? chipsOfAnswer(this.current) : []);

  constructor(private readonly store: Store) {
    const saved = store.read(PART) as { all: Answer[]; current: number } | null;
    if (!saved || !Array.isArray(saved.all)) return;
    this.#all = saved.all.filter((answer) => answer?.tokens && answer.segmentations);
    this.#currentId = saved.current;
    this.#nextId = Math.max(0, ...this.#all.map((answer) => answer.id)) + 1;
  }

  /** Show the answers to this prompt, if there are any. */
  show(prompt: Prompt): void {
    this.#prompt = prompt;
    if (this.shown.some((answer) => answer.id === this.#currentId)) return;
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
    const same = this.shown.find((answer) => sameAnswer(answer, generation));
    if (same) return this.select(same.id);
    const kind = finish === "given" ? ("dataset" as const) : ("model" as const);
    const from = { kind, model, prompt, muted, mutedTexts: [], options };
    this.begin(from, sequence, segmentations, finish);
  }

  /** Show an answer that was kept, unless it is here already. */
  restore(answer: Answer): void {
    this.show(answer.prompt);
    const generation = generationOf(answer);
    const same = this.shown.find((one) => sameAnswer(one, generation));
    if (same) return this.select(same.id);
    this.begin(answer, generation.sequence, answer.segmentations, answer.finish);
  }

  extend(id: number, tokens: readonly Token[]): void {
    this.#change(id, (answer) => ({ ...answer, tokens: [...answer.tokens, ...tokens] }));
  }

  /** All of it is there, with what is recorded of how it was written. */
  finish(
    id: number,
    {
      sequence: { tokens },
      finish_reason: finish,
      options = null,
    }: Pick<Generation, "sequence" | "finish_reason" | "options">,
    segmentations: Segmentations,
  ): void {
    this.#change(id, (answer) => ({ ...answer, tokens, options, segmentations, finish }));
    this.#dropRepeats(id);
    this.#save();
  }

  /** The person stopped it, or it broke off: what came so far stays; of nothing, nothing. */
  stop(id: number): void {
    this.#all = this.#all.filter(
      (answer) => answer.id !== id || answer.tokens.length > answer.promptLength,
    );
    this.#change(id, (answer) => ({ ...answer, finish: answer.finish ?? "cancelled" }));
    this.#save();
  }

  find(kind: Answer["kind"], model: string | null): Answer | null {
    return this.shown.find((answer) => answer.kind === kind && answer.model === model) ?? null;
  }

  #change(id: number, change: (answer: Answer) => Answer): void {
    this.#all = this.#all.map((answer) => (answer.id === id ? change(answer) : answer));
  }

  /** The oldest of many make room. */
  #withRoomFor(answer: Answer): Answer[] {
    return [...this.#all.slice(1 - MAX_HELD), answer];
  }

  /** An answer that says the same again, or goes on where one was stopped, replaces it. */
  #dropRepeats(id: number): void {
    const latest = this.#all.find((answer) => answer.id === id);
    if (!latest) return;
    this.#all = this.#all.filter((answer) => answer.id === id || !continues(latest, answer));
  }

  #save(): void {
    const all = this.shown.filter((answer) => answer.finish).slice(-MAX_SAVED);
    const size = all.reduce((sum, answer) => sum + answer.tokens.length * CHARACTERS_A_TOKEN, 0);
    if (size > MAX_SAVED_CHARACTERS) this.store.forget(PART);
    else if (!this.store.write(PART, { all, current: this.#currentId })) {
      this.store.forget(PART); // rather no answer than half of answer: it can be made again
    }
  }
}
