/** The page's state, whole: the parts, and what a person can do with them. */
import { getContext, setContext } from "svelte";
import { sameSpan, spanAt } from "../model/spans";
import type { Mirror } from "../host/mirror";
import type { Transport } from "../host/transport";
import type {
  Aggregate,
  Attribution,
  Generation,
  GenerationOptions,
  Granularity,
  MethodInfo,
  ModelInfo,
  ParameterValue,
  Prompt,
  Segmentations,
  Span,
} from "../wire";
import { Answering, type Asker } from "./answer/answering.svelte";
import { Answers, lacksSegments, sameAnswer } from "./answer/answers.svelte";
import type { Shown } from "./findings/checking.svelte";
import { Contrast, type Suggestion } from "./findings/contrast.svelte";
import { Cutting } from "./answer/cutting.svelte";
import { isEmpty } from "../model/draft";
import type { Explaining, View } from "./findings/explaining.svelte";
import { Findings } from "./findings/findings.svelte";
import type { Example } from "./prompt/library.svelte";
import { Mirroring } from "./mirroring.svelte";
import { Muting } from "./findings/muting.svelte";
import { Prompting } from "./prompt/prompting.svelte";
import { paramsFor, questionOf, type Foil, type Subject } from "./findings/question";
import { Selection, union } from "./answer/selection.svelte";
import { Server } from "./server.svelte";
import { Session } from "./prompt/session.svelte";
import type { Store } from "../host/store";
import { TabStorage } from "../page/storage";

const PATTERN_PAUSE = 300;

export class Workbench implements Asker {
  readonly session: Session;
  readonly prompting: Prompting;
  readonly answers: Answers;
  readonly selection = new Selection();
  readonly contrast = new Contrast();
  readonly server: Server;
  readonly answering: Answering;
  readonly cutting: Cutting;
  readonly findings: Findings;
  readonly explaining: Explaining;
  readonly muting: Muting;
  #mirroring: Mirroring | null = null;
  #patternTimer: ReturnType<typeof setTimeout> | undefined;
  #restored = false;

  readonly model: ModelInfo | null = $derived.by(() => {
    const { models } = this.server;
    return models.find((one) => one.name === this.session.model) ?? models[0] ?? null;
  });
  /** Methods, with reasons, that whoever wrote the answer can't serve; or would, before there is one. */
  readonly unavailable: Readonly<Record<string, string>> = $derived.by(() => {
    const writer = this.answers.current?.model;
    const explained = this.server.models.find((one) => one.name === writer) ?? this.model;
    return explained?.unavailable_methods ?? {};
  });
  readonly usable: readonly MethodInfo[] = $derived.by(() => {
    const methods = this.server.state?.methods ?? [];
    return methods.filter((one) => !(one.name in this.unavailable));
  });
  /** The chosen method, or the first that there is: the server puts the best one to begin with first. */
  readonly method: MethodInfo | null = $derived.by(
    () => this.#named(this.session.method) ?? this.usable[0] ?? null,
  );
  readonly rivalMethod: MethodInfo | null = $derived.by(() => {
    const found = this.#named(this.session.rival);
    return found === this.method ? null : found;
  });
  readonly options: GenerationOptions | null = $derived.by(
    () => this.session.options ?? this.server.state?.options ?? null,
  );
  /** The spans that are clicked, ranked and muted; null until a custom pattern is cut. */
  readonly segments: readonly Span[] | null = $derived.by(() => {
    const answer = this.answers.current;
    if (!answer) return null;
    const { granularity, pattern } = this.session;
    if (granularity === "custom") return this.cutting.spans(answer, pattern);
    return answer.segmentations[granularity] ?? null;
  });
  readonly view: View = $derived.by(() => ({
    chips: this.answers.chips,
    spans: this.segments,
    aggregate: this.session.aggregate,
  }));
  readonly subject: Subject | null = $derived.by(() => {
    const answer = this.answers.current;
    const { target } = this.selection;
    return answer && target ? { answer, target, foil: this.contrast.foil } : null;
  });
  readonly shown: Shown | null = $derived.by(() => {
    const { subject, view, session } = this;
    return subject && this.findings.shown(subject, view, session.granularity);
  });

  constructor(
    readonly transport: Transport,
    store: Store = new TabStorage(),
    private readonly mirror: Mirror | null = null,
  ) {
    this.session = new Session(store);
    this.prompting = new Prompting(this.session, () => this.#replaced());
    this.answers = new Answers(store);
    this.server = new Server(transport, (changed) => this.#arrived(changed));
    this.answering = new Answering(transport, this.server, this.answers, this);
    this.cutting = new Cutting(transport, this.server);
    this.findings = new Findings(transport, this.server, this.session);
    this.explaining = this.findings.explaining;
    this.muting = new Muting(transport, this.server);
    this.answers.show(this.prompt);
  }

  async start(): Promise<void> {
    await this.server.connect();
  }

  /** The page goes: what waits to be kept is kept now. */
  stop(): void {
    this.#mirroring?.stop();
    this.session.writeNow();
  }

  #arrived(changed: boolean): void {
    const { state } = this.server;
    if (!state) return;
    this.prompting.offer(state.datasets, this.mirror !== null);
    if (this.model && !changed) void this.server.load(this.model.name);
    const { target } = this.session;
    if (!this.#restored && target && target.answer === this.answers.current?.id) {
      this.selection.target = target.span;
      this.contrast.foil = target.foil ?? null;
      this.contrast.typed = this.session.foilText;
    }
    this.#restored = true;
    this.answering.complete();
    this.refresh();
    if (this.mirror) this.#mirroring ??= new Mirroring(this, this.mirror);
  }

  #named(name: string | null): MethodInfo | null {
    return this.usable.find((one) => one.name === name) ?? null;
  }

  // ---- the prompt and its answer ----

  get prompt(): Prompt {
    return this.prompting.prompt;
  }

  get example(): Example | null {
    return this.prompting.example;
  }

  /** Generate from what is typed, if there is something and a model to do it. */
  generateDraft(): void {
    if (!isEmpty(this.session.draft)) void this.answering.generate();
  }

  #replaced(): void {
    if (this.answering.writing.running) this.answering.stop();
    this.answers.show(this.prompt);
    this.leaving();
  }

  /** Show an answer that was made elsewhere, and the prompt it is to. */
  showGeneration(generation: Generation, segmentations: Segmentations): void {
    const before = this.answers.current;
    if (before && sameAnswer(before, generation)) return;
    if (this.answering.writing.running) this.answering.stop();
    const known = this.server.models.some((one) => one.name === generation.model);
    if (known) this.session.set({ model: generation.model });
    this.prompting.show(generation.prompt);
    this.answers.take(generation, segmentations);
    this.leaving();
  }

  leaving(): void {
    this.selection.clear();
    this.contrast.clear();
    this.session.set({ target: null, foilText: "" });
    this.refresh();
    this.muting.clear();
  }

  completed(): void {
    this.#cut();
    this.#growTarget();
  }

  /** A target that was picked before the segments were known grows to theirs. */
  #growTarget(): void {
    const { target, loose } = this.selection;
    const { segments } = this;
    if (!target || !segments || !loose) return;
    const [first, last] = [target[0], target[1] - 1].map((at) => segments[spanAt(segments, at)]);
    if (first && last) this.setTarget(union(first, last));
  }

  // ---- the target and its explanation ----

  /** Make a part of the answer the target, asked about against `foil` if there is one. */
  setTarget(span: Span | null, foil: Foil | null = null): void {
    const answer = this.answers.current;
    if (!answer || this.answering.writing.running) return;
    const target: Span | null = span && [Math.max(span[0], answer.promptLength), span[1]];
    if (target && target[0] >= target[1]) return;
    this.selection.dragged = this.selection.anchor = null;
    const same = sameSpan(target, this.selection.target);
    if (same && !foil && !this.selection.loose) return;
    if (!same) this.contrast.clear();
    this.contrast.foil = foil;
    this.contrast.error = null;
    this.selection.target = target;
    this.selection.loose = target !== null && lacksSegments(answer);
    this.findings.checking.clear();
    this.#keepTarget();
    if (target) this.muting.spans = this.muting.spans.filter(([, stop]) => stop <= target[0]);
    this.refresh();
    void this.muting.measure(answer, target);
  }

  /** Ask about one token of the target: why it, and not what might have stood there. */
  suggest({ span, foil }: Suggestion): void {
    this.setTarget(span, foil);
  }

  setFoil(foil: Foil | null): void {
    this.contrast.foil = foil;
    this.contrast.error = null;
    this.findings.checking.clear();
    this.#keepTarget();
    this.refresh();
  }

  typeFoil(text: string): void {
    this.contrast.typed = text;
    this.contrast.error = null;
    this.session.set({ foilText: text });
  }

  #keepTarget(): void {
    const { subject } = this;
    this.session.set({
      target: subject && { answer: subject.answer.id, span: subject.target, foil: subject.foil },
      foilText: this.contrast.typed,
    });
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

  /** Show another method's map of the same target beside this one; null to leave. */
  compareWith(name: string | null): void {
    this.session.set({ rival: name });
    this.refresh();
  }

  setParams(params: Record<string, ParameterValue>): void {
    if (this.method) this.session.setParams(this.method.name, params);
    this.refresh();
  }

  setGranularity(granularity: Granularity): void {
    this.session.set({ granularity });
    this.selection.cursor = this.selection.anchor = null;
    this.#cut();
    this.refresh();
  }

  setCoarse(coarse: boolean): void {
    this.session.set({ coarse });
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
    const { subject, method } = this;
    if (!subject) this.findings.clear();
    else if (method && this.segments && !this.selection.loose) {
      void this.#ask(subject, method, again);
    }
  }

  async #ask(subject: Subject, chosen: MethodInfo, again: boolean): Promise<void> {
    const methods = { usable: this.usable, chosen, rival: this.rivalMethod };
    const outcome = await this.findings.ask(subject, methods, again);
    if (outcome !== "failed" || !this.contrast.refuse(this.explaining.job.error)) return;
    this.#keepTarget();
    this.refresh();
  }

  /** Take over a map of the present answer that was made elsewhere, with the choices it shows. */
  adopt(map: Attribution, foil: Foil | null): void {
    const answer = this.answers.current;
    const method = this.server.state?.methods.find((one) => one.name === map.method);
    if (!answer || !method) return;
    const { session } = this;
    const { granularity, pattern, aggregate, params } = map;
    const coarse = map.segments.some((one) => one.level != null);
    session.set({
      method: method.name,
      granularity,
      pattern: pattern ?? session.pattern,
      aggregate: aggregate ?? session.aggregate,
      coarse: method.scores_tokens ? session.coarse : coarse,
    });
    session.setParams(method.name, params);
    this.#cut();
    const subject = { answer, target: [map.target.start, map.target.stop] as Span, foil };
    this.findings.maps.remember(questionOf(subject, method, session), map);
  }

  /** A method's parameters: its defaults, and what the person changed. */
  params(method: MethodInfo): Record<string, ParameterValue> {
    return paramsFor(method, this.session);
  }

  /** Cut by the custom pattern, if that is how segments are wanted. */
  #cut(): void {
    const answer = this.answers.current;
    const { granularity, pattern } = this.session;
    if (granularity !== "custom" || !pattern || !answer || this.segments)
      return this.cutting.rest();
    void this.cutting.ask(answer, pattern, () => {
      this.#growTarget();
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
}

const KEY = Symbol("workbench");

export function provideWorkbench(workbench: Workbench): void {
  setContext(KEY, workbench);
}

export function useWorkbench(): Workbench {
  return getContext<Workbench>(KEY);
}
