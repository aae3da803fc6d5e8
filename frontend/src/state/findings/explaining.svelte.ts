/** The map of what mattered to the target: asked for whenever the question is another one. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import {
  explainRequest,
  keyOfQuestion,
  keyOfSubject,
  type Question,
  type Subject,
} from "../../model/question";
import type { Influence } from "../../model/ranking";
import { type Layer, STALE } from "../../model/scale";
import { asShown, type Cut, scored } from "../../model/shown";
import type { Attribution, Event, Explanation, Measure, MethodInfo } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

const MAX_MAPS = 60;

/** What is to be explained, and how: no question yet while its segments are not known. */
export interface Asked {
  readonly subject: Subject | null;
  readonly question: Question | null;
  readonly cut: Cut;
}

interface Answered {
  readonly question: Question;
  readonly explanation: Explanation;
}

/** The maps computed in this visit: none is computed twice, and methods can be compared. */
export class Maps {
  #all = $state.raw<ReadonlyMap<string, Answered>>(new Map());

  find(question: Question): Answered | null {
    return this.#all.get(keyOfQuestion(question)) ?? null;
  }

  remember(question: Question, explanation: Explanation): void {
    const key = keyOfQuestion(question);
    const others = [...this.#all].filter(([known]) => known !== key).slice(1 - MAX_MAPS);
    this.#all = new Map([...others, [key, { question, explanation }]]);
  }

  /** All maps of a target and foil, the latest last. */
  of(subject: Subject): Attribution[] {
    const key = keyOfSubject(subject);
    return [...this.#all.values()]
      .filter(({ question }) => keyOfSubject(question) === key)
      .map(({ explanation }) => explanation.attributions[0]!);
  }
}

export class Explaining {
  readonly job: Job;
  /** The person stopped the computing. */
  stopped = $state(false);
  /** The latest whole map of this target, or of one before it in the same answer. */
  #latest = $state.raw<Answered | null>(null);
  /** Scores so far, by span: those of methods that sample get better and come again. */
  #partial = $state.raw<ReadonlyMap<string, readonly [number, number, number]>>(new Map());

  readonly question: Question | null = $derived.by(() => this.asked().question);
  /** Null without a target; as long as segments are not known, a question of no content. */
  readonly #key: string | null = $derived.by(() => {
    const { subject, question } = this.asked();
    return subject && (question ? keyOfQuestion(question) : "");
  });
  readonly #shown: Answered | null = $derived.by(() => {
    const { subject, question } = this.asked();
    if (!subject) return null;
    const known = question && this.maps.find(question);
    if (known) return known;
    const latest = this.#latest;
    return latest?.question.answer.id === subject.answer.id ? latest : null;
  });
  /** As it came; what is shown of it is `attribution`. */
  readonly explanation: Explanation | null = $derived.by(() => this.#shown?.explanation ?? null);
  /** The map, cut and joined as the person chose, until there is something newer. */
  readonly attribution: Attribution | null = $derived.by(() => {
    const map = this.explanation?.attributions[0];
    return map ? asShown(map, this.asked().cut) : null;
  });
  /** What the map is of that is on its way, or that is shown. */
  readonly measure: Measure = $derived.by(() => {
    const asked = this.question && (this.question.counting ? "share" : "log_prob");
    if (this.arriving.length > 0 && asked) return asked;
    return this.attribution?.measure ?? asked ?? "log_prob";
  });
  /** The segments of what is shown. */
  readonly influences: readonly Influence[] = $derived.by(() => this.attribution?.segments ?? []);
  /** Segments scored so far, while a new map is being computed. */
  readonly arriving: readonly Influence[] = $derived.by(() =>
    [...this.#partial.values()].map(([start, stop, score]) =>
      scored([start, stop], score, this.asked().cut.chips),
    ),
  );
  /** What is shown answers another question than the one asked. */
  readonly stale: boolean = $derived.by(() => {
    const { subject, question } = this.asked();
    if (!this.#shown || !subject) return false;
    const shown = this.#shown.question;
    return question
      ? keyOfQuestion(shown) !== keyOfQuestion(question)
      : keyOfSubject(shown) !== keyOfSubject(subject);
  });
  /** What is drawn: the old map fades until the new one is there, so nothing flashes. */
  readonly layers: readonly Layer[] = $derived.by(() => [
    { influences: this.influences, weight: this.stale ? STALE : 1 },
    { influences: this.arriving, weight: 1 },
  ]);
  /** The method of what is shown: while the first map is on its way, the one that makes it. */
  readonly method: MethodInfo | null = $derived.by(
    () => (this.#shown?.question ?? this.question)?.method ?? null,
  );

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly maps: Maps,
    private readonly asked: () => Asked,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** Ask whenever the question changes, for as long as the effect lives that this is called in. */
  follow(): void {
    $effect(() => {
      void this.#key;
      untrack(() => this.#ask());
    });
  }

  /** Ask once more, if it failed or was stopped. */
  again(): void {
    const { question } = this;
    if (question && !this.maps.find(question) && !this.job.running) this.#compute(question);
  }

  stop(): void {
    this.job.cancel();
    this.stopped = true;
  }

  #ask(): void {
    const { subject, question } = this.asked();
    const known = question && this.maps.find(question);
    if (question && !known) return this.#compute(question);
    this.#begin();
    this.job.clear();
    if (known) this.#latest = known;
    if (!subject) this.#latest = null;
  }

  #compute(question: Question): void {
    this.#begin();
    const request = explainRequest(question);
    void this.job.run("explain", request, (event) => this.#take(question, event));
  }

  #begin(): void {
    this.stopped = false;
    this.#partial = new Map();
  }

  #take(question: Question, event: Event<"explain">): void {
    if (event.type === "progress" && event.scores.length > 0) {
      const partial = new Map(this.#partial);
      for (const one of event.scores) partial.set(`${one[0]} ${one[1]}`, one);
      this.#partial = partial;
    }
    if (event.type !== "explanation") return;
    this.maps.remember(question, event.explanation);
    this.#latest = { question, explanation: event.explanation };
    this.#begin();
  }
}
