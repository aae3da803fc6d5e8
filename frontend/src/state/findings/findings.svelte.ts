/** All that is computed about a target: its map, a second one to compare, costs and checks. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { keyOfSubject } from "../../model/question";
import type { Choices } from "../choices.svelte";
import type { Watcher } from "../job.svelte";
import type { Session } from "../prompt/session.svelte";
import { Checking, type Shown } from "./checking.svelte";
import { Estimating } from "./estimating.svelte";
import { Explaining } from "./explaining.svelte";
import type { Inquiry } from "./inquiry.svelte";
import { Maps } from "./maps.svelte";

export class Findings {
  readonly maps = new Maps();
  readonly explaining: Explaining;
  /** The map of the method that is compared with. */
  readonly comparison: Explaining;
  readonly estimating: Estimating;
  readonly checking: Checking;

  /** The map as it is shown, whole and up to date; null while there is none. */
  readonly shown: Shown | null = $derived.by(() => {
    const { subject, view } = this.inquiry;
    const { attribution, stale } = this.explaining;
    if (!subject || !attribution || stale) return null;
    const mixed = attribution.segments.some((segment) => segment.level != null);
    const cut = attribution.token_scores ? this.session.granularity : attribution.granularity;
    const unit = mixed || cut === "custom" ? "part" : cut;
    return { subject, influences: this.explaining.influences(view), unit };
  });
  readonly #subjectKey: string | null = $derived.by(() => {
    const { subject } = this.inquiry;
    return subject && keyOfSubject(subject);
  });

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly inquiry: Inquiry,
    private readonly session: Session,
    choices: Choices,
  ) {
    this.explaining = new Explaining(transport, watcher, this.maps, () => inquiry);
    this.comparison = new Explaining(transport, watcher, this.maps, () => ({
      subject: choices.comparison && inquiry.subject,
      question: inquiry.comparison,
    }));
    this.estimating = new Estimating(transport, watcher, () => inquiry);
    this.checking = new Checking(transport, watcher);
  }

  /** Ask for what is not known, for as long as the effect lives that this is called in. */
  follow(): void {
    this.explaining.follow();
    this.comparison.follow();
    this.estimating.follow();
    $effect(() => {
      void this.#subjectKey;
      untrack(() => this.checking.clear());
    });
    // The model does one thing at a time: a check of the last map would hold up the new one.
    $effect(() => {
      if (this.explaining.job.running) untrack(() => this.checking.job.cancel());
    });
  }

  /** Ask once more for the maps that are shown. */
  again(): void {
    this.explaining.again();
    this.comparison.again();
  }
}
