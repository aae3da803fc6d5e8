/** All that is computed about a target: its map, a second one to compare, costs and checks. */
import { untrack } from "svelte";
import type { Transport } from "../../host/transport";
import { comparable } from "../../model/agreement";
import { type Counting, countingOf, keyOfSubject } from "../../model/question";
import { written } from "../../model/ranking";
import type { Explanation, Trace } from "../../wire";
import type { Choices } from "../choices.svelte";
import type { Watcher } from "../job.svelte";
import { Agreeing, type Compared } from "./agreeing.svelte";
import { Checking } from "./checking.svelte";
import { Estimating } from "./estimating.svelte";
import { Explaining, Maps } from "./explaining.svelte";
import type { Inquiry } from "./inquiry.svelte";
import { Proving } from "./proving.svelte";
import { Tracing } from "./tracing.svelte";

/** Seconds: a check that takes longer is asked for. */
const SHORT = 10;

export class Findings {
  readonly maps = new Maps();
  readonly explaining: Explaining;
  /** The map of the method that is compared with. */
  readonly comparison: Explaining;
  readonly estimating: Estimating;
  readonly checking: Checking;
  readonly proving: Proving;
  readonly tracing: Tracing;
  readonly agreeing: Agreeing;

  /** The map as it is shown, whole, up to date and with its check; null while there is none. */
  readonly shown: Explanation | null = $derived.by(() => {
    const { subject } = this.inquiry;
    const { explanation, attribution, stale } = this.explaining;
    if (!subject || !explanation || !attribution || stale) return null;
    const map = this.checking.withCheck(subject, attribution);
    return map === explanation.attributions[0]
      ? explanation
      : { ...explanation, attributions: [map] };
  });
  /** The map as it is shown has words of the answer before its target, which it may have come by. */
  readonly traceable: boolean = $derived.by(
    () => this.shown !== null && !this.shown.attributions[0]?.share && this.inquiry.mixed,
  );
  /** Where the map that is shown leads through the answer; null if that was not asked for. */
  readonly trace: Trace | null = $derived.by(() => {
    const { subject } = this.inquiry;
    const map = this.shown?.attributions[0];
    return subject && map ? this.tracing.of(subject, map) : null;
  });
  /** How answers are counted, by the map that is shown or else as was chosen; null if none are. */
  readonly counting: Counting | null = $derived.by(() => {
    const { attribution, stale } = this.explaining;
    return attribution && !stale ? countingOf(attribution) : this.choices.counting;
  });
  readonly #compared: Compared | null = $derived.by(() => {
    const { subject, cut } = this.inquiry;
    const segments = this.shown?.attributions[0]?.segments;
    const alike = subject
      ? this.maps
          .of(subject)
          .filter(({ share }) => !share === (this.explaining.measure !== "share"))
      : [];
    const maps = subject && segments && comparable(alike, segments, cut);
    return maps ? { ...maps, model: subject.answer.model } : null;
  });
  readonly #parts: number | null = $derived.by(() => {
    const segments = this.shown?.attributions[0]?.segments;
    return segments ? written(segments).length : null;
  });
  readonly #subjectKey: string | null = $derived.by(() => {
    const { subject } = this.inquiry;
    return subject && keyOfSubject(subject);
  });

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly inquiry: Inquiry,
    private readonly choices: Choices,
    keepQuestion: () => boolean,
  ) {
    this.explaining = new Explaining(transport, watcher, this.maps, () => inquiry);
    this.comparison = new Explaining(transport, watcher, this.maps, () => ({
      subject: choices.comparison && inquiry.subject,
      question: inquiry.comparison,
      cut: inquiry.cut,
    }));
    this.estimating = new Estimating(transport, watcher, () => ({
      subject: inquiry.subject,
      prospect: inquiry.prospect,
      parts: this.#parts,
    }));
    this.checking = new Checking(transport, watcher, keepQuestion);
    this.proving = new Proving(transport, watcher, () => {
      const { subject, scope } = inquiry;
      const attribution = this.shown?.attributions[0];
      return subject && attribution ? { subject, attribution, scope } : null;
    });
    this.tracing = new Tracing(transport, watcher);
    this.agreeing = new Agreeing(transport, watcher, () => this.#compared);
  }

  /** Ask for what is not known, for as long as the effect lives that this is called in. */
  follow(): void {
    this.explaining.follow();
    this.comparison.follow();
    this.estimating.follow();
    this.proving.follow();
    this.agreeing.follow();
    $effect(() => this.#checkIfShort());
    $effect(() => {
      void this.#subjectKey;
      untrack(() => this.checking.clear());
    });
    // The model does one thing at a time: what is asked of the last map would hold up the new one.
    $effect(() => {
      if (!this.explaining.job.running) return;
      untrack(() => {
        this.checking.job.cancel();
        this.tracing.job.cancel();
      });
    });
  }

  /** Ask once more for what failed or was stopped. */
  again(): void {
    this.explaining.again();
    this.comparison.again();
  }

  /** Carry the map that is shown on through the answer. */
  async followAnswer(): Promise<void> {
    const { subject } = this.inquiry;
    const map = this.shown?.attributions[0];
    if (subject && map) await this.tracing.ask(subject, map);
  }

  /** Once all else is known, a check that takes a moment needs nobody to ask for it. */
  #checkIfShort(): void {
    const { subject } = this.inquiry;
    const map = this.shown?.attributions[0];
    const { finding, failed, job } = this.proving;
    const seconds = this.estimating.check?.seconds ?? Infinity;
    if (!subject || !map || job.running || !(finding || failed) || seconds > SHORT) return;
    untrack(() => void this.checking.offer(subject, map));
  }

  /** Check the map that is shown. */
  async check(): Promise<void> {
    const { subject } = this.inquiry;
    const map = this.shown?.attributions[0];
    if (subject && map) await this.checking.ask(subject, map);
  }
}
