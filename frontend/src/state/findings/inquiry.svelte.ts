/** What is being asked, put together from what is selected and chosen. */
import { type Question, questionOf, type Subject } from "../../model/question";
import type { Cut } from "../../model/shown";
import type { MethodInfo, Scope, Span } from "../../wire";
import type { Answers } from "../answer/answers.svelte";
import type { Cutting } from "../answer/cutting.svelte";
import type { Selection } from "../answer/selection.svelte";
import type { Choices } from "../choices.svelte";
import type { Session } from "../prompt/session.svelte";
import type { Contrast } from "./contrast.svelte";
import type { Prospect } from "./estimating.svelte";

interface Parts {
  readonly session: Session;
  readonly choices: Choices;
  readonly answers: Answers;
  readonly cutting: Cutting;
  readonly selection: Selection;
  readonly contrast: Contrast;
}

export class Inquiry {
  /** The spans that are clicked, ranked and muted; null until a custom pattern is cut. */
  readonly segments: readonly Span[] | null = $derived.by(() => {
    const { answers, cutting, session } = this.parts;
    if (!answers.current) return null;
    if (session.granularity === "custom") return cutting.spans;
    return answers.current.segmentations[session.granularity] ?? null;
  });
  readonly cut: Cut = $derived.by(() => {
    const { answers, session } = this.parts;
    const { granularity, pattern, aggregate } = session;
    return { chips: answers.chips, spans: this.segments, granularity, pattern, aggregate };
  });
  readonly subject: Subject | null = $derived.by(() => {
    const { answers, choices, contrast, selection } = this.parts;
    const { target } = selection;
    return answers.current && target
      ? { answer: answers.current, target, foil: choices.counting ? null : contrast.foil }
      : null;
  });
  /** Words of the answer stand before the target, too. */
  readonly mixed: boolean = $derived.by(() => {
    const { subject } = this;
    return subject !== null && subject.target[0] > subject.answer.promptLength;
  });
  /** Which influences are looked at. */
  readonly scope: Scope = $derived.by(() => (this.mixed ? this.parts.session.scope : "both"));
  readonly question: Question | null = $derived.by(() => this.#about(this.parts.choices.method));
  readonly comparison: Question | null = $derived.by(() =>
    this.#about(this.parts.choices.comparison),
  );
  readonly prospect: Prospect | null = $derived.by(() => {
    const { choices, session } = this.parts;
    if (!this.question) return null;
    const { granularity, pattern } = session;
    const names = choices.usable.map(({ name }) => name);
    const allParams = Object.fromEntries(names.map((name) => [name, session.paramsOf(name)]));
    return { ...this.question, granularity, pattern, allParams };
  });

  constructor(private readonly parts: Parts) {}

  /** Null until it is known where segments end: the target may have to grow to theirs. */
  #about(method: MethodInfo | null): Question | null {
    const { choices, selection, session } = this.parts;
    if (!this.subject || !method || !this.segments || selection.provisional) return null;
    return questionOf(this.subject, method, session, choices.counting);
  }
}
