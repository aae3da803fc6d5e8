/** Custom segments: where the person's pattern cuts an answer. */
import type { Transport } from "../../host/transport";
import type { Span } from "../../wire";
import { referenceOf, type Answer } from "./answers.svelte";
import { Job, type Watcher } from "../job.svelte";

export class Cutting {
  readonly job: Job;
  #cut = $state.raw<{ key: string; spans: readonly Span[] } | null>(null);

  constructor(transport: Transport, watcher: Watcher) {
    this.job = new Job(transport, watcher);
  }

  /** The spans; null until they are cut. */
  spans(answer: Answer, pattern: string): readonly Span[] | null {
    return this.#cut?.key === keyOf(answer, pattern) ? this.#cut.spans : null;
  }

  async ask(answer: Answer, pattern: string, done: () => void): Promise<void> {
    const request = { model: answer.model, reference: referenceOf(answer), pattern };
    await this.job.run("segment", request, (event) => {
      if (event.type !== "segments") return;
      this.#cut = { key: keyOf(answer, pattern), spans: event.spans };
      done();
    });
  }

  /** Nothing is to be cut. */
  rest(): void {
    this.job.cancel();
    this.job.error = null;
  }
}

function keyOf(answer: Answer, pattern: string): string {
  return `${answer.id} ${pattern}`;
}
