/** The map of what mattered to the target: asked for when needed, joined and cut here. */
import { aggregate } from "../salience/aggregate";
import { chipAt, textOf, type Chip } from "../salience/chips";
import type { Influence } from "../salience/ranking";
import type { Layer } from "../salience/scale";
import { STALE } from "../salience/scale";
import { cutAt } from "../salience/spans";
import type { Transport } from "../transport";
import type {
  Aggregate,
  Attribution,
  Event,
  Granularity,
  MethodInfo,
  ParameterValue,
  Span,
  Token,
} from "../wire";
import { referenceOf, type Answer } from "./answers.svelte";
import { Job, type Watcher } from "./job.svelte";

export interface Question {
  readonly answer: Answer;
  readonly target: Span;
  readonly method: MethodInfo;
  readonly params: Record<string, ParameterValue>;
  readonly granularity: Granularity;
  readonly pattern: string | null;
}

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
  #answerId = 0;
  #partial = $state.raw<readonly [number, number, number][]>([]);
  #key = "";

  constructor(transport: Transport, watcher: Watcher) {
    this.job = new Job(transport, watcher);
  }

  /** Ask, unless this is what is known or under way already. */
  async ask(question: Question, again = false): Promise<void> {
    const key = keyOf(question);
    if (key === this.#key && !again) return;
    this.#key = key;
    this.#partial = [];
    if (question.answer.id !== this.#answerId) this.attribution = null;
    this.#answerId = question.answer.id;
    this.stale = this.attribution !== null;
    this.stopped = false;
    const { answer, target, method, params } = question;
    const custom = question.granularity === "custom" && method.scores_tokens;
    const request = {
      model: answer.model,
      reference: referenceOf(answer),
      target,
      method: method.name,
      params,
      granularity: custom ? ("token" as const) : question.granularity,
      pattern: custom || question.granularity !== "custom" ? null : question.pattern,
    };
    await this.job.run("explain", request, (event) => this.#take(event));
  }

  /** No target: no map. */
  clear(): void {
    this.job.cancel();
    this.job.error = null;
    this.#key = "";
    this.attribution = null;
    this.stale = this.stopped = false;
    this.#partial = [];
  }

  stop(): void {
    this.job.cancel();
    this.stopped = true;
  }

  #take(event: Event): void {
    if (event.type === "progress" && event.scores.length > 0) {
      this.#partial = [...this.#partial, ...event.scores];
    }
    if (event.type === "attribution") {
      this.attribution = event.attribution;
      this.stale = false;
      this.#partial = [];
    }
  }

  /** The segments of the latest whole map, as the page wants them. */
  influences(view: View): Influence[] {
    const { attribution } = this;
    if (!attribution) return [];
    const scores = attribution.token_scores;
    if (!scores || !view.spans) return attribution.segments;
    const spans = cutAt(view.spans, attribution.target.start);
    const joined = aggregate(scores, spans, view.aggregate);
    return spans.map((span, i) => influence(view.chips, span, joined[i]!));
  }

  /** Segments scored so far, while a new map is being computed. */
  arriving(view: View): Influence[] {
    return this.#partial.map(([start, stop, score]) =>
      influence(view.chips, [start, stop], score),
    );
  }

  /** What is drawn: the old map fades until the new one is there, so nothing flashes. */
  layers(view: View): Layer[] {
    const old = { influences: this.influences(view), weight: this.stale ? STALE : 1 };
    return [old, { influences: this.arriving(view), weight: 1 }];
  }
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

function keyOf({ answer, target, method, params, granularity, pattern }: Question): string {
  const cut = method.scores_tokens ? null : [granularity, granularity === "custom" ? pattern : null];
  return JSON.stringify([answer.id, target, method.name, params, cut]);
}
