/** The map of what mattered to the target: asked for whenever the question is another one. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { influenceOf, influencesOf, type View } from "../../model/influences";
import {
  explainRequest,
  keyOfQuestion,
  keyOfSubject,
  type Question,
  type Subject,
} from "../../model/question";
import type { Influence } from "../../model/ranking";
import { type Layer, STALE } from "../../model/scale";
import type { Attribution, Event, MethodInfo } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Maps } from "./maps.svelte";

/** What is to be explained, and how: no question yet while its segments are not known. */
export interface Asked {
  readonly subject: Subject | null;
  readonly question: Question | null;
}

interface Answered {
  readonly question: Question;
  readonly attribution: Attribution;
}

export class Explaining {
  readonly job: Job;
  /** The person stopped the computing. */
  stopped = $state(false);
  /** The latest whole map of this target, or of one before it in the same answer. */
  #latest = $state.raw<Answered | null>(null);
  /** The person asked again for what is known. */
  #renewing = $state(false);
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
    const attribution = question && this.maps.find(question);
    if (attribution) return { question, attribution };
    const latest = this.#latest;
    return latest?.question.answer.id === subject.answer.id ? latest : null;
  });
  /** What is shown, until there is something newer. */
  readonly attribution: Attribution | null = $derived.by(() => this.#shown?.attribution ?? null);
  /** What is shown answers another question than the one asked. */
  readonly stale: boolean = $derived.by(() => {
    const { subject, question } = this.asked();
    if (!this.#shown || !subject) return false;
    if (this.#renewing) return true;
    const shown = this.#shown.question;
    return question
      ? keyOfQuestion(shown) !== keyOfQuestion(question)
      : keyOfSubject(shown) !== keyOfSubject(subject);
  });
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

  /** Ask once more: it failed, or was stopped. */
  again(): void {
    if (this.question) this.#compute(this.question, true);
  }

  stop(): void {
    this.job.cancel();
    this.stopped = true;
  }

  #ask(): void {
    const { subject, question } = this.asked();
    const attribution = question && this.maps.find(question);
    if (question && !attribution) return this.#compute(question, false);
    this.#begin(false);
    this.job.clear();
    if (attribution) this.#latest = { question, attribution };
    if (!subject) this.#latest = null;
  }

  #compute(question: Question, renewing: boolean): void {
    this.#begin(renewing);
    const request = explainRequest(question);
    void this.job.run("explain", request, (event) => this.#take(question, event));
  }

  #begin(renewing: boolean): void {
    this.stopped = false;
    this.#renewing = renewing;
    this.#partial = new Map();
  }

  #take(question: Question, event: Event): void {
    if (event.type === "progress" && event.scores.length > 0) {
      const partial = new Map(this.#partial);
      for (const scored of event.scores) partial.set(`${scored[0]} ${scored[1]}`, scored);
      this.#partial = partial;
    }
    if (event.type !== "attribution") return;
    this.maps.remember(question, event.attribution);
    this.#latest = { question, attribution: event.attribution };
    this.#begin(false);
  }

  /** The segments of what is shown, as the page wants them. */
  influences(view: View): Influence[] {
    return this.attribution ? influencesOf(this.attribution, view) : [];
  }

  /** Segments scored so far, while a new map is being computed. */
  arriving(view: View): Influence[] {
    return [...this.#partial.values()].map(([start, stop, score]) =>
      influenceOf([start, stop], score, view.chips),
    );
  }

  /** What is drawn: the old map fades until the new one is there, so nothing flashes. */
  layers(view: View): Layer[] {
    const old = { influences: this.influences(view), weight: this.stale ? STALE : 1 };
    return [old, { influences: this.arriving(view), weight: 1 }];
  }
}
