/** A map carried on through what the model wrote before its target: asked for, once for each map. */
import type { Transport } from "../../host/transport";
import { referenceOf } from "../../model/answer";
import { keyOfMap, type Subject } from "../../model/question";
import type { Attribution, Trace } from "../../wire";
import { Job, type Watcher } from "../job.svelte";

/** The most sentences of the answer that are explained on the way. */
const SENTENCES = 16;

export class Tracing {
  readonly job: Job;
  #known = $state.raw<ReadonlyMap<string, Trace>>(new Map());

  constructor(transport: Transport, watcher: Watcher) {
    this.job = new Job(transport, watcher);
  }

  /** The trace of a map, if it came with it or was asked for. */
  of(subject: Subject, map: Attribution): Trace | null {
    return map.trace ?? this.#known.get(keyOfMap(subject, map)) ?? null;
  }

  async ask(subject: Subject, attribution: Attribution): Promise<void> {
    if (this.of(subject, attribution)) return;
    const { answer } = subject;
    const request = {
      model: answer.model,
      reference: referenceOf(answer),
      attribution,
      background: false,
      budget: SENTENCES,
    };
    const key = keyOfMap(subject, attribution);
    await this.job.run("trace", request, (event) => {
      if (event.type === "trace") this.#known = new Map([...this.#known, [key, event.trace]]);
    });
  }
}
