/** Whether a map is to be believed: checked when asked to, once for each map. */
import type { Transport } from "../../host/transport";
import { referenceOf } from "../../model/answer";
import { keyOfMap, type Subject } from "../../model/question";
import type { Attribution, Faithfulness } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

export class Checking {
  readonly job: Job;
  #checked = $state.raw<ReadonlyMap<string, Faithfulness>>(new Map());
  /** The check that was made last of this target. */
  latest = $state.raw<Faithfulness | null>(null);

  constructor(transport: Transport, watcher: Watcher) {
    this.job = new Job(transport, watcher);
  }

  /** The map, with what is known of this very one. */
  withCheck(subject: Subject, map: Attribution): Attribution {
    if (map.faithfulness) return map;
    const faithfulness = this.#checked.get(keyOfMap(subject, map));
    return faithfulness ? { ...map, faithfulness } : map;
  }

  /** Check a map as it is shown: its segments tile what is before the target. */
  async ask(subject: Subject, attribution: Attribution): Promise<void> {
    const known = this.withCheck(subject, attribution).faithfulness;
    if (known) {
      this.latest = known;
      return;
    }
    const { answer } = subject;
    const request = { model: answer.model, reference: referenceOf(answer), attribution };
    await this.job.run("check", request, (event) => {
      if (event.type !== "check") return;
      this.latest = event.faithfulness;
      const key = keyOfMap(subject, attribution);
      this.#checked = new Map([...this.#checked, [key, event.faithfulness]]);
    });
  }

  /** Another target: what was found of the last one says nothing about it. */
  clear(): void {
    this.job.clear();
    this.latest = null;
  }
}
