/** Getting answers: from the model, from the dataset, and without parts of the prompt. */
import { textOf } from "../../model/chips";
import { beforeRemoval } from "../../model/spans";
import type { Transport } from "../../host/transport";
import type { GenerationOptions, ModelInfo, Prompt, Span } from "../../wire";
import { lacksSegments, referenceOf, type Answer, type Answers } from "./answers.svelte";
import { samePrompt } from "../../model/draft";
import { Job, type Watcher } from "../job.svelte";
import type { Example } from "../prompt/library.svelte";

/** What the page has to say to it, and wants to hear. */
export interface Asker {
  readonly model: ModelInfo | null;
  readonly options: GenerationOptions | null;
  readonly example: Example | null;
  /** The prompt as it is typed now. */
  readonly prompt: Prompt;
  readonly mutedPrompt: readonly Span[];
  /** Another answer is about to be shown. */
  leaving(): void;
  /** The segments of the answer that is shown are known. */
  completed(): void;
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
    private readonly asker: Asker,
  ) {
    this.writing = new Job(transport, watcher);
    this.giving = new Job(transport, watcher);
    this.completing = new Job(transport, watcher);
  }

  async generate(muted: readonly Span[] = [], mutedTexts: readonly string[] = []): Promise<void> {
    const { model, options } = this.asker;
    if (!model || !options) return;
    const prompt = muted.length > 0 ? this.answers.current!.prompt : this.asker.prompt;
    const from = { kind: "model" as const, model: model.name, prompt, muted, mutedTexts, options };
    let id = 0;
    const reference = { prompt, muted: [...muted], response_ids: [] };
    const request = { model: model.name, reference, options };
    const outcome = await this.writing.run("generate", request, (event) => {
      if (event.type === "sequence") {
        this.asker.leaving();
        id = this.answers.begin(from, event.sequence, event.segmentations, null);
        this.#writingId = id;
      } else if (event.type === "tokens") {
        this.answers.extend(id, event.tokens);
      } else if (event.type === "generation") {
        const { sequence, finish_reason } = event.generation;
        this.answers.finish(id, sequence, event.segmentations, finish_reason);
        this.asker.completed();
      }
    });
    if (outcome !== "failed") return;
    this.answers.stop(id);
    this.complete();
  }

  async generateWithout(): Promise<void> {
    const answer = this.answers.current;
    const spans = this.asker.mutedPrompt;
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
    if (!answer || !lacksSegments(answer)) return this.asker.completed();
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
      this.asker.completed();
    });
  }

  /** Show the dataset's answer, asking the model how likely it finds it. */
  async showGiven(): Promise<void> {
    const { example, model } = this.asker;
    if (!example?.target || !model) return;
    const known = this.answers.find("dataset", model.name);
    if (known) return this.show(known.id);
    const request = {
      model: model.name,
      reference: { prompt: example.prompt, muted: [], response_ids: [] },
      response: example.target,
    };
    const from = { kind: "dataset" as const, model: model.name, prompt: example.prompt };
    await this.giving.run("respond", request, (event) => {
      if (event.type !== "generation" || !samePrompt(example.prompt, this.asker.prompt)) return;
      const { sequence, finish_reason } = event.generation;
      this.asker.leaving();
      const whole = { ...from, muted: [], mutedTexts: [], options: null };
      this.answers.begin(whole, sequence, event.segmentations, finish_reason);
      this.asker.completed();
    });
  }

  show(id: Answer["id"]): void {
    if (this.answers.current?.id === id) return;
    this.asker.leaving();
    this.answers.select(id);
    this.complete();
  }
}
