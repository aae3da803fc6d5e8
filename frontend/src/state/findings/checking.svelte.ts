/** Whether a map is to be believed: checked once for each map, when asked to or if it is short. */
import type { Transport } from "../../host/transport";
import { referenceOf } from "../../model/answer";
import { keyOfMap, type Subject } from "../../model/question";
import type { Attribution, Faithfulness, Provisional } from "../../wire";
import { language } from "../language.svelte";
import { Job, type Watcher } from "../job.svelte";

export class Checking {
  readonly job: Job;
  #checked = $state.raw<ReadonlyMap<string, Faithfulness>>(new Map());
  /** The check that was made last of this target. */
  latest = $state.raw<Faithfulness | null>(null);
  /** What is known while it is checked. */
  soFar = $state.raw<Provisional | null>(null);
  /** Maps whose check was stopped, or can't be made: it is not made by itself again. */
  readonly #declined = new Set<string>();
  #asked = "";
  /** What the person chose; null is as usual. */
  #chosen = $state<boolean | null>(null);
  readonly #kept: boolean = $derived.by(() => this.#chosen ?? this.usual());

  constructor(
    transport: Transport,
    watcher: Watcher,
    /** Whether the question is left in unless the person says otherwise. */
    private readonly usual: () => boolean,
  ) {
    this.job = new Job(transport, watcher);
  }

  /** The question is never taken away. */
  get keepQuestion(): boolean {
    return this.#kept;
  }

  /** Leave it in, or don't, whatever is usual. */
  keep(question: boolean): void {
    this.#chosen = question;
  }

  /** Another prompt took the place of the last: what was chosen for that is over. */
  keepAsUsual(): void {
    this.#chosen = null;
  }

  /** The map, with what is known of this very one. */
  withCheck(subject: Subject, map: Attribution): Attribution {
    const faithfulness = this.#checked.get(this.#key(subject, map));
    if (!faithfulness && map.faithfulness) {
      const kept = map.faithfulness.kept.length > 0;
      return kept === (this.#chosen ?? kept) ? map : { ...map, faithfulness: null };
    }
    return faithfulness ? { ...map, faithfulness } : map;
  }

  /** Check a map as it is shown: its segments tile what is before the target. */
  async ask(subject: Subject, attribution: Attribution, background = false): Promise<void> {
    const known = this.withCheck(subject, attribution).faithfulness;
    if (known) {
      this.latest = known;
      return;
    }
    const { answer } = subject;
    const request = {
      model: answer.model,
      reference: referenceOf(answer),
      attribution,
      keep_question: this.keepQuestion,
      background,
    };
    const key = this.#key(subject, attribution);
    this.#asked = key;
    this.soFar = null;
    await this.job.run("check", request, (event) => {
      if (event.type === "verdict") this.soFar = event.so_far;
      if (event.type !== "check") return;
      this.latest = event.faithfulness;
      this.#checked = new Map([...this.#checked, [key, event.faithfulness]]);
    });
    this.soFar = null;
  }

  /** Check a map by itself, behind all else, unless that was stopped; nobody hears if it can't be. */
  async offer(subject: Subject, attribution: Attribution): Promise<void> {
    const key = this.#key(subject, attribution);
    if (this.#declined.has(key) || this.job.running || this.job.error) return;
    await this.ask(subject, attribution, true);
    if (!this.job.error) return;
    this.#declined.add(key);
    this.job.dismissError();
  }

  stop(): void {
    this.#declined.add(this.#asked);
    this.job.cancel();
  }

  #key(subject: Subject, map: Attribution): string {
    return `${language.current} ${this.keepQuestion} ${keyOfMap(subject, map)}`;
  }

  /** Another target: what was found of the last one says nothing about it. */
  clear(): void {
    this.job.clear();
    this.latest = null;
  }
}
