/** The page's state, whole: the parts, and what a person can do with them. */
import { getContext, setContext } from "svelte";
import { textOf } from "../salience/chips";
import { beforeRemoval, sameSpan } from "../salience/spans";
import { t } from "../strings";
import type { Transport } from "../transport";
import type {
  Aggregate,
  GenerationOptions,
  Granularity,
  MethodInfo,
  ModelInfo,
  Span,
} from "../wire";
import { Answers, lacksSegments, referenceOf, type Answer } from "./answers.svelte";
import { BLANK, draftOf, isEmpty, promptOf, samePrompt, type Draft } from "./draft";
import { Explaining, type View } from "./explaining.svelte";
import { Job } from "./job.svelte";
import { Library, type Example } from "./library.svelte";
import { Muting } from "./muting.svelte";
import { Selection } from "./selection.svelte";
import { Server } from "./server.svelte";
import { Session } from "./session.svelte";

const PATTERN_PAUSE = 300;

export class Workbench {
  readonly session = new Session();
  readonly library = new Library(t.examples.yours);
  readonly answers = new Answers(this.session.storage);
  readonly selection = new Selection();
  readonly server: Server;
  readonly writing: Job;
  readonly giving: Job;
  readonly completing: Job;
  readonly cutting: Job;
  readonly explaining: Explaining;
  readonly muting: Muting;
  /** Spans of the custom pattern, and which answer and pattern they are of. */
  #custom = $state.raw<{ key: string; spans: readonly Span[] } | null>(null);
  #patternTimer: ReturnType<typeof setTimeout> | undefined;

  readonly example: Example | null = $derived.by(() => this.library.find(this.session.example));
  readonly edited: boolean = $derived.by(() => {
    const { draft } = this.session;
    if (!this.example) return !this.session.example && !isEmpty(draft);
    return !samePrompt(promptOf(draft), this.example.prompt);
  });
  readonly model: ModelInfo | null = $derived.by(() => {
    const { models } = this.server;
    return models.find((one) => one.name === this.session.model) ?? models[0] ?? null;
  });
  readonly method: MethodInfo | null = $derived.by(() => {
    const methods = this.server.state?.methods ?? [];
    const usable = methods.filter((one) => !this.model?.unavailable_methods[one.name]);
    const named = (name: string | null) => usable.find((one) => one.name === name);
    return named(this.session.method) ?? named("occlusion") ?? usable[0] ?? null;
  });
  readonly options: GenerationOptions | null = $derived.by(
    () => this.session.options ?? this.server.state?.options ?? null,
  );
  /** The spans that are clicked, ranked and muted; null until a custom pattern is cut. */
  readonly segments: readonly Span[] | null = $derived.by(() => {
    const answer = this.answers.current;
    if (!answer) return null;
    const { granularity } = this.session;
    if (granularity !== "custom") return answer.segmentations[granularity] ?? null;
    return this.#custom?.key === this.#customKey(answer) ? this.#custom.spans : null;
  });
  readonly view: View = $derived.by(() => ({
    chips: this.answers.chips,
    spans: this.segments,
    aggregate: this.session.aggregate,
  }));

  constructor(readonly transport: Transport) {
    this.server = new Server(transport, () => this.#arrived());
    this.writing = new Job(transport, this.server);
    this.giving = new Job(transport, this.server);
    this.completing = new Job(transport, this.server);
    this.cutting = new Job(transport, this.server);
    this.explaining = new Explaining(transport, this.server);
    this.muting = new Muting(transport, this.server);
    this.answers.show(promptOf(this.session.draft));
  }

  async start(): Promise<void> {
    await this.server.connect();
  }

  #restored = false;

  #arrived(): void {
    const { state } = this.server;
    if (!state) return;
    this.library.show(state.datasets);
    if (this.session.first && !this.session.example && isEmpty(this.session.draft)) {
      const first = this.library.examples[0];
      if (first) this.open(first);
    }
    if (this.model) void this.server.load(this.model.name);
    const { target } = this.session;
    if (!this.#restored && target && target.answer === this.answers.current?.id) {
      this.selection.target = target.span;
    }
    this.#restored = true;
    this.complete();
    this.refresh();
  }

  // ---- the prompt ----

  open(example: Example | null): void {
    if (this.writing.running) this.stop();
    const key = example?.key ?? null;
    if (key === this.session.example && this.session.example !== null) return;
    this.session.open(key, example ? draftOf(example.prompt) : BLANK, this.edited);
    this.answers.show(promptOf(this.session.draft));
    this.#leaveAnswer();
  }

  type(draft: Draft): void {
    this.session.set({ draft });
  }

  revert(): void {
    if (this.example) this.type(draftOf(this.example.prompt));
    this.answers.show(promptOf(this.session.draft));
    this.#leaveAnswer();
  }

  /** Keep the edited prompt as an example, and go on from it. */
  addExample(): void {
    const { draft } = this.session;
    const from = this.example;
    const name = (n: number) =>
      from ? t.editor.addedName(from.id, n) : t.editor.blankName(n);
    const added = this.library.add(promptOf(draft), from, name);
    if (!added) {
      this.session.unkept = true;
      return;
    }
    this.session.open(added.key, draft, false);
    this.session.set({ draft });
  }

  removeExample(example: Example): void {
    this.library.remove(example.key);
    if (this.session.example === example.key) this.session.set({ example: null });
  }

  // ---- the answer ----

  async generate(muted: readonly Span[] = [], mutedTexts: readonly string[] = []): Promise<void> {
    const model = this.model;
    if (!model || !this.options) return;
    const prompt = muted.length > 0 ? this.answers.current!.prompt : promptOf(this.session.draft);
    const from = { kind: "model" as const, model: model.name, prompt, muted, mutedTexts };
    let id = 0;
    const request = {
      model: model.name,
      reference: { prompt, muted: [...muted], response_ids: [] },
      options: this.options,
    };
    const outcome = await this.writing.run("generate", request, (event) => {
      if (event.type === "sequence") {
        this.#leaveAnswer();
        id = this.answers.begin(from, event.sequence, event.segmentations, null);
        this.#writingId = id;
      } else if (event.type === "tokens") {
        this.answers.extend(id, event.tokens);
      } else if (event.type === "generation") {
        const { sequence, finish_reason } = event.generation;
        this.answers.finish(id, sequence, event.segmentations, finish_reason);
        this.#cut();
      }
    });
    if (outcome !== "failed") return;
    this.answers.stop(id);
    this.complete();
  }

  #writingId = 0;

  /** Generate from what is typed, if there is something and a model to do it. */
  generateDraft(): void {
    if (!isEmpty(this.session.draft)) void this.generate();
  }

  stop(): void {
    this.writing.cancel();
    this.answers.stop(this.#writingId);
    this.complete();
  }

  /** Learn where the segments of an answer are that was stopped half way. */
  complete(): void {
    const answer = this.answers.current;
    this.completing.cancel();
    if (!answer || !lacksSegments(answer)) return this.#cut();
    const reference = referenceOf(answer);
    const request = {
      model: answer.model,
      reference: { ...reference, response_ids: [] },
      response: reference.response_ids,
    };
    void this.completing.run("respond", request, (event) => {
      if (event.type !== "generation") return;
      const { sequence, finish_reason } = event.generation;
      this.answers.finish(answer.id, sequence, event.segmentations, finish_reason);
      this.#cut();
    });
  }

  /** Show the dataset's answer, asking the model how likely it finds it. */
  async showGiven(): Promise<void> {
    const { example, model } = this;
    if (!example?.target || !model) return;
    const known = this.answers.find("dataset", model.name);
    if (known) return this.showAnswer(known.id);
    const request = {
      model: model.name,
      reference: { prompt: example.prompt, muted: [], response_ids: [] },
      response: example.target,
    };
    const from = { kind: "dataset" as const, model: model.name, prompt: example.prompt };
    await this.giving.run("respond", request, (event) => {
      if (event.type !== "generation" || !samePrompt(example.prompt, promptOf(this.session.draft))) return;
      const { sequence, finish_reason } = event.generation;
      this.#leaveAnswer();
      const whole = { ...from, muted: [], mutedTexts: [] };
      this.answers.begin(whole, sequence, event.segmentations, finish_reason);
      this.#cut();
    });
  }

  showAnswer(id: number): void {
    if (this.answers.current?.id === id) return;
    this.#leaveAnswer();
    this.answers.select(id);
    this.complete();
  }

  #leaveAnswer(): void {
    this.selection.clear();
    this.session.set({ target: null });
    this.explaining.clear();
    this.muting.clear();
  }

  // ---- the target and its explanation ----

  setTarget(span: Span | null): void {
    const answer = this.answers.current;
    if (!answer || this.writing.running) return;
    const target: Span | null = span && [Math.max(span[0], answer.promptLength), span[1]];
    if (target && target[0] >= target[1]) return;
    this.selection.dragged = this.selection.anchor = null;
    if (sameSpan(target, this.selection.target)) return;
    this.selection.target = target;
    this.session.set({ target: target && { answer: answer.id, span: target } });
    if (target) this.muting.spans = this.muting.spans.filter(([, stop]) => stop <= target[0]);
    this.refresh();
    void this.muting.measure(answer, target);
  }

  setModel(name: string): void {
    this.session.set({ model: name });
    void this.server.load(name);
    this.refresh();
  }

  setMethod(name: string): void {
    this.session.set({ method: name });
    this.refresh();
  }

  setParams(params: Record<string, string | number | boolean>): void {
    if (this.method) this.session.setParams(this.method.name, params);
    this.refresh();
  }

  setGranularity(granularity: Granularity): void {
    this.session.set({ granularity });
    this.selection.cursor = this.selection.anchor = null;
    this.#cut();
    this.refresh();
  }

  setPattern(pattern: string): void {
    this.session.set({ pattern });
    clearTimeout(this.#patternTimer);
    this.#patternTimer = setTimeout(() => this.#cut(), PATTERN_PAUSE);
  }

  setAggregate(aggregate: Aggregate): void {
    this.session.set({ aggregate });
  }

  /** Ask for what is not known: the target's explanation under the present choices. */
  refresh(again = false): void {
    const answer = this.answers.current;
    const { target } = this.selection;
    if (!answer || !target) return this.explaining.clear();
    if (!this.method || !this.segments) return;
    const { granularity, pattern } = this.session;
    const params = this.params();
    const question = { answer, target, method: this.method, params, granularity, pattern };
    void this.explaining.ask(question, again);
  }

  /** The method's parameters: its defaults, and what the person changed. */
  params(): Record<string, string | number | boolean> {
    const { method } = this;
    if (!method) return {};
    const defaults = method.parameters.map(({ name, default: value }) => [name, value] as const);
    return { ...Object.fromEntries(defaults), ...this.session.paramsOf(method.name) };
  }

  #customKey(answer: Answer): string {
    return `${answer.id} ${this.session.pattern}`;
  }

  /** Cut by the custom pattern, if that is how segments are wanted. */
  #cut(): void {
    const answer = this.answers.current;
    const { granularity, pattern } = this.session;
    if (granularity !== "custom" || !pattern || !answer || this.segments) {
      this.cutting.cancel();
      this.cutting.error = null;
      return;
    }
    const key = this.#customKey(answer);
    const request = { model: answer.model, reference: referenceOf(answer), pattern };
    void this.cutting.run("segment", request, (event) => {
      if (event.type !== "segments") return;
      this.#custom = { key, spans: event.spans };
      this.refresh();
    });
  }

  /** Let go of what is selected, then of the target; false if there was neither. */
  escape(): boolean {
    const { selection } = this;
    if (selection.anchor || selection.dragged) {
      selection.anchor = selection.dragged = null;
      return true;
    }
    if (!selection.target) return false;
    this.setTarget(null);
    return true;
  }

  // ---- muting ----

  toggleMute(span: Span): void {
    const answer = this.answers.current;
    if (!answer) return;
    this.muting.toggle(span);
    void this.muting.measure(answer, this.selection.target);
  }

  unmuteAll(): void {
    this.muting.clear();
  }

  /** Muted parts of the prompt: those that a new answer can leave out. */
  get mutedPrompt(): readonly Span[] {
    const length = this.answers.current?.promptLength ?? 0;
    return this.muting.spans.filter(([, stop]) => stop <= length);
  }

  async generateWithout(): Promise<void> {
    const answer = this.answers.current;
    const spans = this.mutedPrompt;
    if (!answer || spans.length === 0) return;
    const texts = spans.map(([start, stop]) => textOf(this.answers.chips, start, stop));
    const full = [...answer.muted, ...beforeRemoval(spans, answer.muted)];
    full.sort((a, b) => a[0] - b[0]);
    await this.generate(full, [...answer.mutedTexts, ...texts]);
  }
}

const KEY = Symbol("workbench");

export function provideWorkbench(workbench: Workbench): void {
  setContext(KEY, workbench);
}

export function useWorkbench(): Workbench {
  return getContext<Workbench>(KEY);
}
