/** The map of what mattered to the target: asked for when needed, joined and cut here. */
import { aggregate } from "../../model/aggregate";
import { chipAt, textOf, type Chip } from "../../model/chips";
import type { Influence } from "../../model/ranking";
import type { Layer } from "../../model/scale";
import { STALE } from "../../model/scale";
import { cutAt } from "../../model/spans";
import type { Transport } from "../../host/transport";
import type { Aggregate, Attribution, Event, MethodInfo, Span, Token } from "../../wire";
import { Job, type Outcome, type Watcher } from "../job.svelte";
import type { Maps } from "./maps.svelte";
import { aboutSubject, keyOfQuestion, type Question } from "./question";

/** How the page wants the map: which spans, joined how. */
export interface View {
  readonly chips: readonly Chip[];
  readonly spans: readonly Span[] | null;
  readonly aggregate: Aggregate;
}

export class Explaining {
  readonly job: Job;
  /** The latest whole map; `stale` once it answers another question than the one asked. */
  attribution = $state.raw<Attribution | null>(null);
  stale = $state(false);
  /** The person stopped the computing. */
  stopped = $state(false);
  /** What was asked last, whether or not it is answered yet. */
  question = $state.raw<Question | null>(null);
  #method = $state.raw<MethodInfo | null>(null);
  /** Scores so far, by span: those of methods that sample get better and come again. */
  #partial = $state.raw<ReadonlyMap<string, readonly [number, number, number]>>(new Map());

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly maps: Maps,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** Ask, unless this is what is known or under way already; null if so. */
  async ask(question: Question, again = false): Promise<Outcome | null> {
    const before = this.question;
    if (before && keyOfQuestion(before) === keyOfQuestion(question) && !again) return null;
    this.question = question;
    this.#partial = new Map();
    this.stopped = false;
    const known = again ? null : this.maps.find(question);
    if (known) {
      this.job.cancel();
      this.job.error = null;
      this.#settle(question, known);
      return "done";
    }
    if (question.answer.id !== before?.answer.id) this.attribution = null;
    this.stale = this.attribution !== null;
    const { method, params, granularity, pattern, budget } = question;
    const custom = granularity === "custom" && method.scores_tokens;
    const request = {
      ...aboutSubject(question),
      method: method.name,
      params,
      granularity: custom ? ("token" as const) : granularity,
      pattern: custom || granularity !== "custom" ? null : pattern,
      budget,
    };
    return this.job.run("explain", request, (event) => this.#take(question, event));
  }

  /** No target: no map. */
  clear(): void {
    this.job.cancel();
    this.job.error = null;
    this.question = null;
    this.attribution = null;
    this.stale = this.stopped = false;
    this.#partial = new Map();
  }

  stop(): void {
    this.job.cancel();
    this.stopped = true;
  }

  #take(question: Question, event: Event): void {
    if (event.type === "progress" && event.scores.length > 0) {
      const partial = new Map(this.#partial);
      for (const one of event.scores) partial.set(`${one[0]} ${one[1]}`, one);
      this.#partial = partial;
    }
    if (event.type !== "attribution") return;
    this.maps.remember(question, event.attribution);
    this.#settle(question, event.attribution);
  }

  #settle(question: Question, attribution: Attribution): void {
    this.attribution = attribution;
    this.#method = question.method;
    this.stale = false;
    this.#partial = new Map();
  }

  /** The method of what is shown: while the first map is on its way, the one that makes it. */
  get method(): MethodInfo | null {
    return (this.attribution && this.#method) ?? this.question?.method ?? null;
  }

  /** The segments of the latest whole map, as the page wants them. */
  influences(view: View): Influence[] {
    return this.attribution ? influencesOf(this.attribution, view) : [];
  }

  /** Segments scored so far, while a new map is being computed. */
  arriving(view: View): Influence[] {
    return [...this.#partial.values()].map(([start, stop, score]) =>
      influence(view.chips, [start, stop], score),
    );
  }

  /** What is drawn: the old map fades until the new one is there, so nothing flashes. */
  layers(view: View): Layer[] {
    const old = { influences: this.influences(view), weight: this.stale ? STALE : 1 };
    return [old, { influences: this.arriving(view), weight: 1 }];
  }
}

/** Token scores are joined over the spans that are wanted; whole segments are as they are. */
export function influencesOf(attribution: Attribution, view: View): Influence[] {
  const scores = attribution.token_scores;
  if (!scores || !view.spans) return attribution.segments;
  const spans = cutAt(view.spans, attribution.target.start);
  const joined = aggregate(scores, spans, view.aggregate);
  return spans.map((span, i) => influence(view.chips, span, joined[i]!));
}

function influence(chips: readonly Chip[], [start, stop]: Span, score: number): Influence {
  const role = chips[chipAt(chips, start)]?.role ?? "prompt";
  return { start, stop, text: textOf(chips, start, stop), role, score };
}

/** The log-probability of tokens the model was asked to score; null if of none. */
export function summedLogProb(tokens: readonly Token[]): number | null {
  const known = tokens.map((token) => token.log_prob).filter((value) => value != null);
  return known.length === tokens.length ? known.reduce((sum, value) => sum + value, 0) : null;
}
