/** How many tokens the prompt is, asked for as the person pauses. */
import type { Transport } from "../../host/transport";
import { promptReference } from "../../model/answer";
import { draftOf, isEmpty } from "../../model/draft";
import type { Prompt } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

const PAUSE = 300;

export interface Counted {
  /** The model that reads it; null while none is ready. */
  readonly model: string | null;
  readonly prompt: Prompt;
  /** If an answer to this very prompt has told already. */
  readonly known: number | null;
}

export class Counting {
  readonly #job: Job;
  #asked = $state.raw<number | null>(null);
  readonly tokens: number | null = $derived.by(() => this.counted().known ?? this.#asked);
  /** Why it can't be read, such as that it is too long. */
  problem = $state<string | null>(null);

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly counted: () => Counted,
  ) {
    this.#job = new Job(transport, watcher);
  }

  follow(): void {
    $effect(() => {
      const { model, prompt, known } = this.counted();
      this.#job.cancel();
      this.problem = null;
      if (known !== null) return;
      if (!model || isEmpty(draftOf(prompt))) {
        this.#asked = null;
        return;
      }
      const timer = setTimeout(() => void this.#ask(model, prompt), PAUSE);
      return () => clearTimeout(timer);
    });
  }

  async #ask(model: string, prompt: Prompt): Promise<void> {
    const request = { model, reference: promptReference(prompt) };
    const outcome = await this.#job.run("count", request, (event) => {
      if (event.type === "count") this.#asked = event.tokens;
    });
    if (outcome !== "failed") return;
    this.#asked = null;
    const { error } = this.#job;
    if (error?.code === "PromptError") this.problem = error.message; // the rest is told elsewhere
  }
}
