/** Which variants a setup makes: for a grid that is run, and told before. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { distinct, type Question, requestOf } from "../../model/grid";
import { t } from "../../strings";
import type { ErrorInfo, Expense, Variant } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

const PAUSE = 400; // ms

/** The template itself first; null if they can't be made, which the job tells. */
export async function vary(job: Job, question: Question): Promise<readonly Variant[] | null> {
  const { making, own, template } = question;
  const first = { name: t.gridding.base, template, change: "" };
  let made: readonly Variant[] = [];
  const outcome = await job.run("vary", { template, ...making }, (event) => {
    if (event.type === "variants") made = event.variants;
  });
  return outcome === "done" ? distinct([first, ...own, ...made]) : null;
}

/** Those of what is set up, as the person pauses. */
export class Foreseen {
  /** Null while they are not known, or can't be made. */
  variants = $state.raw<readonly Variant[] | null>(null);
  /** What a server would be asked for; null while that is not known, and of a model that is here. */
  expense = $state.raw<Expense | null>(null);
  readonly #job: Job;
  readonly #costing: Job;
  /** The answers that it takes to run it; null while that is not known. */
  readonly answers: number | null = $derived.by(() => {
    const question = this.question();
    if (!question || !this.variants) return null;
    return this.variants.length * question.rows.length * question.samples;
  });

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly question: () => Question | null,
    private readonly asksServer: () => boolean,
  ) {
    this.#job = new Job(transport, watcher);
    this.#costing = new Job(transport, watcher);
  }

  /** Why they can't be made. */
  get error(): ErrorInfo | null {
    return this.#job.error;
  }

  /** As long as the effect lives. */
  follow(): void {
    $effect(() => {
      const question = this.question();
      const asksServer = this.asksServer();
      untrack(() => (this.expense = null)); // of another grid
      if (!question) return;
      const timer = setTimeout(() => void this.#ask(question, asksServer), PAUSE);
      return () => {
        clearTimeout(timer);
        this.#job.cancel();
        this.#costing.cancel();
      };
    });
  }

  async #ask(question: Question, asksServer: boolean): Promise<void> {
    const variants = await vary(this.#job, question);
    if (variants || this.#job.error) this.variants = variants;
    if (!variants || !asksServer || question.rows.length === 0) return;
    // Nobody waits for a cost, so failing is not told.
    await this.#costing.run("grid_cost", requestOf(question, variants), (event) => {
      if (event.type === "grid_cost") this.expense = event.expense;
    });
  }
}
