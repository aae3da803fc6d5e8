/** Whether a map is to be believed: checked when asked to, once for each map. */
import type { Transport } from "../../host/transport";
import { aboutSubject, keyOfSubject, type Subject } from "../../model/question";
import { type Influence, spanOf } from "../../model/ranking";
import type { Faithfulness } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

/** A map as it is shown: its segments tile what is before the target. */
export interface Shown {
  readonly subject: Subject;
  readonly influences: readonly Influence[];
  /** What people call one of its segments. */
  readonly unit: string;
}

export class Checking {
  readonly job: Job;
  #checked = $state.raw<ReadonlyMap<string, Faithfulness>>(new Map());
  /** The check that was made last of this target. */
  latest = $state.raw<Faithfulness | null>(null);

  constructor(transport: Transport, watcher: Watcher) {
    this.job = new Job(transport, watcher);
  }

  /** What is known of this very map. */
  find(shown: Shown): Faithfulness | null {
    return this.#checked.get(keyOf(shown)) ?? null;
  }

  async ask(shown: Shown): Promise<void> {
    const known = this.find(shown);
    if (known) {
      this.latest = known;
      return;
    }
    const request = {
      ...aboutSubject(shown.subject),
      spans: shown.influences.map(spanOf),
      scores: shown.influences.map((influence) => influence.score),
      unit: shown.unit,
    };
    await this.job.run("check", request, (event) => {
      if (event.type !== "check") return;
      this.latest = event.faithfulness;
      this.#checked = new Map([...this.#checked, [keyOf(shown), event.faithfulness]]);
    });
  }

  /** Another target: what was found of the last one says nothing about it. */
  clear(): void {
    this.job.clear();
    this.latest = null;
  }
}

function keyOf({ subject, influences, unit }: Shown): string {
  const map = influences.map((influence) => [influence.start, influence.stop, influence.score]);
  return JSON.stringify([keyOfSubject(subject), unit, map]);
}
