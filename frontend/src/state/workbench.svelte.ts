/** The page's state, whole: the parts, and what a person can do with them. */
import { flushSync, getContext, setContext } from "svelte";
import type { Mirror } from "../host/mirror";
import type { Store } from "../host/store";
import type { Transport } from "../host/transport";
import { tokensOfPrompt } from "../model/answer";
import type { Conversation } from "../model/conversation";
import { type Draft, isEmpty } from "../model/draft";
import type { Example } from "../model/example";
import type { Foil } from "../model/question";
import { NOTHING, viewOf } from "../model/view";
import type { Granularity, ParameterValue, Span, View } from "../wire";
import { Answering } from "./answer/answering.svelte";
import { Answers } from "./answer/answers.svelte";
import { Cutting } from "./answer/cutting.svelte";
import { Selection } from "./answer/selection.svelte";
import { Choices } from "./choices.svelte";
import { Comparing } from "./comparing.svelte";
import { Connecting } from "./connecting.svelte";
import { Exporting } from "./exporting.svelte";
import { Contrast } from "./findings/contrast.svelte";
import { Findings } from "./findings/findings.svelte";
import { Inquiry } from "./findings/inquiry.svelte";
import { Muting } from "./findings/muting.svelte";
import { Gridding } from "./grid/gridding.svelte";
import { type Mirrored, Mirroring } from "./mirroring.svelte";
import { Counting } from "./prompt/counting.svelte";
import { Prompting } from "./prompt/prompting.svelte";
import { Session } from "./prompt/session.svelte";
import { Principling } from "./principling.svelte";
import { Returning } from "./returning.svelte";
import { Reviewing } from "./reviewing.svelte";
import { Server } from "./server.svelte";
import { Runs } from "./runs.svelte";
import { answeredNow, handedNow, seenNow, showRun, showView, showWritten } from "./showing";
import { Editing } from "./table/editing.svelte";
import { Files } from "./table/files.svelte";
import { Measuring } from "./table/measuring.svelte";
import { Tabling } from "./table/tabling.svelte";
import { growTarget, pickTarget } from "./targeting";
import { Touring } from "./touring.svelte";

export class Workbench implements Mirrored {
  readonly session: Session;
  readonly prompting: Prompting;
  readonly counting: Counting;
  readonly answers: Answers;
  readonly selection = new Selection();
  readonly contrast = new Contrast();
  readonly server: Server;
  readonly choices: Choices;
  readonly connecting: Connecting;
  readonly answering: Answering;
  readonly cutting: Cutting;
  readonly inquiry: Inquiry;
  readonly findings: Findings;
  readonly muting: Muting;
  readonly runs: Runs;
  readonly touring: Touring;
  readonly comparing: Comparing;
  readonly exporting: Exporting;
  readonly gridding: Gridding;
  readonly reviewing: Reviewing;
  readonly principling: Principling;
  readonly tabling: Tabling;
  readonly editing: Editing;
  readonly files: Files;
  readonly measuring: Measuring;
  readonly #mirroring: Mirroring | null;
  readonly #returning: Returning;
  readonly #stopFollowing: () => void;

  constructor(transport: Transport, store: Store, mirror: Mirror | null = null) {
    const session = new Session(store);
    const answers = new Answers(store);
    const server = new Server(transport, (changed) => this.#arrived(changed));
    const choices = new Choices(session, server, answers, () => this.prompting.example);
    const { selection, contrast } = this;
    this.session = session;
    this.answers = answers;
    this.server = server;
    this.choices = choices;
    this.connecting = new Connecting(transport, server, (name) => this.setModel(name));
    this.prompting = new Prompting(
      session,
      (asked) => this.#replaced(asked),
      () => answers.current?.prompt ?? null,
    );
    this.counting = new Counting(transport, server, () => ({
      model: choices.model?.status === "ready" ? choices.model.name : null,
      prompt: this.prompting.prompt,
      known: this.prompting.canRead ? tokensOfPrompt(answers.current, choices.model) : null,
    }));
    this.answering = new Answering(
      transport,
      server,
      answers,
      () => ({
        model: choices.model,
        options: choices.options,
        example: this.prompting.example,
        prompt: this.prompting.prompt,
        mutedPrompt: this.muting.ofPrompt,
      }),
      () => this.leave(),
    );
    this.cutting = new Cutting(transport, server, () => {
      const answer = session.granularity === "custom" && answers.current;
      return answer ? { answer, pattern: session.pattern } : null;
    });
    const { cutting } = this;
    this.inquiry = new Inquiry({ session, choices, answers, cutting, selection, contrast });
    this.findings = new Findings(
      transport,
      server,
      this.inquiry,
      choices,
      () => this.prompting.example?.keepQuestion ?? false,
    );
    this.muting = new Muting(transport, server, () => ({
      answer: answers.current,
      target: selection.target,
      counting: this.findings.counting,
    }));
    this.runs = new Runs(store.kept.runs, session, () => seenNow(this));
    this.comparing = new Comparing(transport, server, session, this.runs, () => ({
      seen: this.answering.writing.running ? null : seenNow(this),
      answered: this.answering.writing.running ? null : answeredNow(this),
      setTarget: (span) => this.setTarget(span),
    }));
    this.reviewing = new Reviewing(session, transport, server);
    this.exporting = new Exporting(transport, server, () => handedNow(this), this.reviewing);
    this.gridding = new Gridding(transport, server, store.kept.grids, session, choices, {
      prompt: () => this.prompting.prompt,
      show: (event) => showWritten(this, event),
    });
    this.principling = new Principling(transport, server, this);
    this.tabling = new Tabling(transport, server, session, server);
    const look = (example: Example) => this.prompting.look(example);
    this.editing = new Editing(transport, server, store.kept, server, this.tabling, look);
    this.files = new Files(transport, server, server, this.tabling);
    this.measuring = new Measuring(transport, server, choices, this.tabling, this.editing);
    this.#returning = new Returning(session, answers, selection, contrast, this.inquiry);
    this.touring = new Touring(store.shared, (step) => {
      if (step === "generate") return answers.current?.finish != null;
      return step === "click" ? selection.target !== null : this.muting.spans.length > 0;
    });
    this.#mirroring = mirror && new Mirroring(mirror, this);
    answers.show(this.prompting.prompt);
    this.#stopFollowing = $effect.root(() => this.#follow());
  }

  async start(): Promise<void> {
    if (!this.#mirroring) this.touring.welcome();
    await this.server.connect();
  }

  /** The page goes: what waits to be told or kept is told and kept now. */
  stop(): void {
    flushSync();
    this.#stopFollowing();
    this.session.writeNow();
  }

  /** What follows from what is selected and chosen, whoever changes it. */
  #follow(): void {
    this.prompting.library.follow();
    this.cutting.follow();
    this.counting.follow();
    $effect(() => growTarget(this));
    this.findings.follow();
    this.muting.follow();
    this.runs.follow();
    this.comparing.follow();
    this.reviewing.follow();
    this.editing.follow();
    this.touring.follow();
    $effect(() => void this.contrast.refuse(this.findings.explaining.job.error));
    this.#returning.follow();
    this.#mirroring?.follow();
  }

  #arrived(changed: boolean): void {
    const { state } = this.server;
    if (!state) return;
    const { library } = this.prompting;
    this.prompting.offer(state.datasets, this.#mirroring !== null);
    if (!this.prompting.example) {
      void this.tabling.recall(this.session.example, (example) => library.know(example));
    }
    const { model } = this.choices;
    if (model && !changed) void this.server.load(model.name);
    this.#returning.restore();
    this.answering.complete();
    this.#mirroring?.begin();
  }

  // ---- the prompt and its answer ----

  /** Generate from what is typed, if there is something and a model to do it. */
  generateDraft(): void {
    if (isEmpty(this.session.draft)) return;
    this.prompting.readAnswered();
    void this.answering.generate();
  }

  /** Look into a conversation from elsewhere, and into its answer if it has one. */
  takeConversation(conversation: Conversation, before: Draft | null = null): void {
    if (this.prompting.take(conversation, before) && conversation.answer !== null) {
      void this.answering.showGiven();
    }
  }

  setModel(name: string): void {
    this.session.set({ model: name });
    void this.server.load(name);
  }

  #replaced(asked: boolean): void {
    if (this.answering.writing.running) this.answering.stop();
    this.answers.show(this.prompting.prompt);
    this.findings.checking.keepAsUsual();
    if (asked && !this.session.trying) this.session.set({ view: "look" }); // where it is seen
    this.leave();
  }

  /** Another answer is shown: what was asked about the last one is over. */
  leave(): void {
    this.selection.clear();
    this.contrast.clear();
    this.muting.clear();
  }

  /** Make a part of the answer the target, asked about against `foil` if there is one. */
  setTarget(span: Span | null, foil: Foil | null = null): void {
    pickTarget(this, span, foil);
  }

  setParams(params: Record<string, ParameterValue>): void {
    const { method } = this.choices;
    if (method) this.session.setParams(method.name, params);
  }

  setGranularity(granularity: Granularity): void {
    this.session.set({ granularity });
    this.selection.forgetCursor();
  }

  setPattern(pattern: string): void {
    this.session.set({ pattern });
    this.cutting.typing();
  }

  /** Let go of what is selected, then of the target; false if there was neither. */
  escape(): boolean {
    if (this.selection.release()) return true;
    if (!this.selection.target) return false;
    this.setTarget(null);
    return true;
  }

  /** For whoever follows it; null while an answer is being written or cut: the last one holds. */
  get view(): View | null {
    const { current } = this.answers;
    if (!current) return NOTHING;
    if (current.finish === null || this.cutting.pending) return null;
    return viewOf(current, this.inquiry.subject, this.findings.shown);
  }

  show(view: View): void {
    showView(this, view);
  }

  async showRun(id: string): Promise<void> {
    const run = await this.runs.open(id);
    if (run) showRun(this, run);
  }

  /** Look into one of the runs that are beside each other. */
  async lookAt(id: string): Promise<void> {
    this.session.set({ view: "look" });
    await this.showRun(id);
  }

  /** Change a copy of what is seen, which stays beside it; the caret goes to where it was asked. */
  tryChange(view: unknown): void {
    if (this.comparing.try()) this.prompting.edit(view);
  }
}

const KEY = Symbol("workbench");

export function provideWorkbench(workbench: Workbench): void {
  setContext(KEY, workbench);
}

export function useWorkbench(): Workbench {
  return getContext<Workbench>(KEY);
}
