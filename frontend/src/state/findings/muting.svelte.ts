/** Parts taken away from before the target, and what that does to it. */
import { change, type Change } from "../../model/likelihood";
import { covered, include, subtract } from "../../model/spans";
import type { Transport } from "../../host/transport";
import type { Span } from "../../wire";
import { referenceOf, type Answer } from "../answer/answers.svelte";
import { Job, type Watcher } from "../job.svelte";

export interface MuteResult {
  readonly logProb: number;
  readonly mutedLogProb: number;
  readonly change: Change;
}

export class Muting {
  readonly job: Job;
  spans = $state.raw<readonly Span[]>([]);
  result = $state.raw<MuteResult | null>(null);

  constructor(transport: Transport, watcher: Watcher) {
    this.job = new Job(transport, watcher);
  }

  isMuted(span: Span): boolean {
    return covered(this.spans, span) === span[1] - span[0];
  }

  toggle(span: Span): void {
    this.spans = this.isMuted(span) ? subtract(this.spans, span) : include(this.spans, span);
  }

  clear(): void {
    this.job.cancel();
    this.job.error = null;
    this.spans = [];
    this.result = null;
  }

  /** Score the target without the muted parts; the last result stays until the new one is in. */
  async measure(answer: Answer, target: Span | null): Promise<void> {
    const spans = target ? this.spans.filter(([, stop]) => stop <= target[0]) : [];
    if (!target || spans.length === 0) {
      this.job.cancel();
      this.result = null;
      return;
    }
    const request = {
      model: answer.model,
      reference: referenceOf(answer),
      target,
      spans: [...spans],
    };
    const outcome = await this.job.run("mute", request, (event) => {
      if (event.type !== "mute") return;
      this.result = {
        logProb: event.log_prob,
        mutedLogProb: event.muted_log_prob,
        change: change(event.log_prob, event.muted_log_prob),
      };
    });
    if (outcome === "failed") this.result = null;
  }
}
