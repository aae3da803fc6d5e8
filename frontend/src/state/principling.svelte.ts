/** From what a person says of an answer to a principle on top of the prompt. */
import type { Transport } from "../host/transport";
import { responseText } from "../model/answer";
import { draftOf } from "../model/draft";
import { t } from "../strings";
import type { Prompt, Requests } from "../wire";
import type { Answers } from "./answer/answers.svelte";
import type { Choices } from "./choices.svelte";
import type { Gridding } from "./grid/gridding.svelte";
import { Job, type Watcher } from "./job.svelte";
import type { Prompting } from "./prompt/prompting.svelte";
import type { Session } from "./prompt/session.svelte";

export type Feedback = Requests["draft"]["feedback_is"];

/** The rest of the page, as this needs it. */
interface Around {
  readonly answers: Answers;
  readonly choices: Choices;
  readonly gridding: Gridding;
  readonly prompting: Prompting;
  readonly session: Session;
}

export class Principling {
  /** Drafting, and putting it on top. */
  readonly job: Job;
  /** The person is asked what they think of the answer. */
  open = $state(false);
  kind = $state<Feedback>("critique");
  feedback = $state("");
  /** The principle, as it was drafted and as the person changed it. */
  text = $state("");
  /** Why the draft is likely no good one; "" if nothing speaks against it. */
  problem = $state("");

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly around: Around,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** What is typed stays, until there is another answer to be said something of. */
  ask(): void {
    this.job.clear();
    this.open = true;
  }

  close(): void {
    this.job.clear();
    this.open = false;
  }

  /** Have the model draft one. */
  async draft(): Promise<void> {
    const { answers, choices } = this.around;
    const answer = answers.current;
    if (!answer || !choices.model) return;
    await this.job.run(
      "draft",
      {
        model: choices.model.name,
        prompt: answer.prompt,
        response: responseText(answer),
        feedback: this.feedback,
        feedback_is: this.kind,
      },
      (event) => {
        if (event.type === "draft") [this.text, this.problem] = [event.text, event.problem];
      },
    );
  }

  /** Put it on top of the prompt, where it can be taken back. */
  async insert(): Promise<void> {
    const { prompting } = this.around;
    const changed = await this.#onTop(prompting.prompt);
    if (!changed) return;
    prompting.put(draftOf(changed), t.principle.inserted);
    this.#done();
  }

  /** Try it over several rows, alone and with the others there. */
  tryIt(): void {
    const { gridding, session } = this.around;
    const { principles } = gridding.setup;
    const text = this.text.trim();
    if (!principles.includes(text)) gridding.set({ principles: [...principles, text] });
    this.#done();
    session.setView("grid");
  }

  #done(): void {
    [this.feedback, this.text, this.problem] = ["", "", ""];
    this.close();
  }

  /** The prompt with it, as variants with principles are made. */
  async #onTop(template: Prompt): Promise<Prompt | null> {
    let made: Prompt | null = null;
    const making = { without_each: null, reorder: false, lines: [], words: {} };
    const principles = [this.text.trim()];
    await this.job.run("vary", { template, principles, ...making }, (event) => {
      if (event.type === "variants") made = event.variants[0]?.template ?? null;
    });
    return made;
  }
}
