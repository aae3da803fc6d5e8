/** Getting answers: from the model, from the dataset, and without parts of the prompt. */
import type { Transport } from "../../host/transport";
import { type Answer, lacksSegments, promptReference, referenceOf } from "../../model/answer";
import { textOf } from "../../model/chips";
import { samePrompt } from "../../model/draft";
import type { Example } from "../../model/example";
import { beforeRemoval } from "../../model/spans";
import type { GenerationOptions, ModelInfo, Prompt, Span } from "../../wire";
import { Job, type Watcher } from "../job.svelte";
import type { Answers } from "./answers.svelte";

/** What an answer is made from, as the page stands. */
export interface AnswerContext {
  readonly model: ModelInfo | null;
  readonly options: GenerationOptions | null;
  readonly example: Example | null;
  /** The prompt as it is typed now. */
  readonly prompt: Prompt;
  readonly mutedPrompt: readonly Span[];
}

export class Answering {
  readonly writing: Job;
  readonly giving: Job;
  readonly completing: Job;
  #writingId = 0;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly answers: Answers,
    private readonly context: () => AnswerContext,
    /** Another answer is about to be shown. */
    private readonly leaving: () => void,
  ) {
    this.writing = new Job(transport, watcher);
    this.giving = new Job(transport, watcher);
    this.completing = new Job(transport, watcher);
  }

  async generate(muted: readonly Span[] = [], mutedTexts: readonly string[] = []): Promise<void> {
    const { model, options } = this.context();
    if (!model || !options) return;
    const prompt = muted.length > 0 ? this.answers.current!.prompt : this.context().prompt;
    const from = { kind: "model" as const, model: model.name, prompt, muted, mutedTexts, options };
    let id = 0;
    const reference = promptReference(prompt, muted);
    const request = { model: model.name, reference, options };
    const outcome = await this.writing.run("generate", request, (event) => {
      if (event.type === "sequence") {
        this.leaving();
        id = this.answers.begin(from, event.sequence, event.segmentations, null);
        this.#writingId = id;
      } else if (event.type === "tokens") {
        this.answers.extend(id, event.tokens);
      } else if (event.type === "generation") {
        this.answers.finish(id, event.generation, event.segmentations);
      }
    });
    if (outcome !== "failed") return;
    this.answers.stop(id);
    this.complete();
  }

  async generateWithout(): Promise<void> {
    const answer = this.answers.current;
    const spans = this.context().mutedPrompt;
    if (!answer || spans.length === 0) return;
    const texts = spans.map(([start, stop]) => textOf(this.answers.chips, start, stop));
    const full = [...answer.muted, ...beforeRemoval(spans, answer.muted)];
    full.sort((a, b) => a[0] - b[0]);
    await this.generate(full, [...answer.mutedTexts, ...texts]);
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
    if (!answer || !lacksSegments(answer)) return;
    const reference = referenceOf(answer);
    const request = {
      model: answer.model,
      reference: { ...reference, response_ids: [] },
      response: reference.response_ids,
    };
    void this.completing.run("respond", request, (event) => {
      if (event.type !== "generation") return;
      this.answers.finish(answer.id, event.generation, event.segmentations);
    });
  }

  /** Show the dataset's answer, asking the model how likely it finds it. */
  async showGiven(): Promise<void> {
    const { example, model } = this.context();
    if (!example?.target || !model) return;
    const known = this.answers.find("dataset", model.name);
    if (known) return this.show(known.id);
    const request = {
      model: model.name,
      reference: promptReference(example.prompt),
      response: example.target,
    };
    const from = { kind: "dataset" as const, model: model.name, prompt: example.prompt };
    await this.giving.run("respond", request, (event) => {
      if (event.type !== "generation" || !samePrompt(example.prompt, this.context().prompt)) return;
      const { sequence, finish_reason } = event.generation;
      this.leaving();
      const origin = { ...from, muted: [], mutedTexts: [], options: null };
      this.answers.begin(origin, sequence, event.segmentations, finish_reason);
    });
  }

  show(id: Answer["id"]): void {
    if (this.answers.current?.id === id) return;
    this.leaving();
    this.answers.select(id);
    this.complete();
  }
}
