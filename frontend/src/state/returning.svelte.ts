/** What was being explained is taken up again by the next visit. */
import { untrack } from "svelte";
import type { Answers } from "./answer/answers.svelte";
import type { Selection } from "./answer/selection.svelte";
import type { Contrast } from "./findings/contrast.svelte";
import type { Inquiry } from "./findings/inquiry.svelte";
import type { Session } from "./prompt/session.svelte";

export class Returning {
  /** What an earlier visit left has been taken up, so the target may be kept again. */
  #restored = $state(false);

  constructor(
    private readonly session: Session,
    private readonly answers: Answers,
    private readonly selection: Selection,
    private readonly contrast: Contrast,
    private readonly inquiry: Inquiry,
  ) {}

  /** Keep what is asked about, for as long as the effect lives that this is called in. */
  follow(): void {
    $effect(() => {
      if (!this.#restored) return;
      const { subject } = this.inquiry;
      const { typed } = this.contrast;
      const target = subject && {
        answer: subject.answer.id,
        span: subject.target,
        foil: subject.foil,
      };
      untrack(() => this.session.keepTarget(target, typed));
    });
  }

  restore(): void {
    if (this.#restored) return;
    this.#restored = true;
    const { target, foilText } = this.session;
    if (!target || target.answer !== this.answers.current?.id) return;
    this.selection.pick(target.span, false);
    this.contrast.choose(target.foil ?? null);
    this.contrast.type(foilText);
  }
}
