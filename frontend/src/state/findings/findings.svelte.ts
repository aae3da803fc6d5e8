/** All that is computed about a target: its map, a second one to compare, costs and checks. */
import type { Transport } from "../../host/transport";
import type { Granularity, MethodInfo } from "../../wire";
import { Checking, type Shown } from "./checking.svelte";
import { Estimating } from "./estimating.svelte";
import { Explaining, type View } from "./explaining.svelte";
import type { Outcome, Watcher } from "../job.svelte";
import { Maps } from "./maps.svelte";
import { questionOf, type Subject } from "./question";
import type { Session } from "../prompt/session.svelte";

export interface Methods {
  readonly usable: readonly MethodInfo[];
  readonly chosen: MethodInfo;
  readonly rival: MethodInfo | null;
}

export class Findings {
  readonly maps = new Maps();
  readonly explaining: Explaining;
  /** The map of the method that is compared with. */
  readonly rival: Explaining;
  readonly estimating: Estimating;
  readonly checking: Checking;

  constructor(
    transport: Transport,
    watcher: Watcher,
    private readonly session: Session,
  ) {
    this.explaining = new Explaining(transport, watcher, this.maps);
    this.rival = new Explaining(transport, watcher, this.maps);
    this.estimating = new Estimating(transport, watcher);
    this.checking = new Checking(transport, watcher);
  }

  /** Ask for what is not known; how the chosen method's map turned out, or null if it is. */
  ask(subject: Subject, methods: Methods, again: boolean): Promise<Outcome | null> {
    const { session } = this;
    const asked = this.explaining.ask(questionOf(subject, methods.chosen, session), again);
    // The model does one thing at a time: a check of the last map would hold up the new one.
    if (this.explaining.job.running) this.checking.job.cancel();
    if (methods.rival) void this.rival.ask(questionOf(subject, methods.rival, session), again);
    else this.rival.clear();
    const { granularity, pattern } = session;
    const names = methods.usable.map((one) => one.name);
    const allParams = Object.fromEntries(names.map((name) => [name, session.paramsOf(name)]));
    this.estimating.ask({ ...subject, granularity, pattern, allParams });
    return asked;
  }

  /** The map as it is shown, whole and up to date; null while there is none. */
  shown(subject: Subject, view: View, granularity: Granularity): Shown | null {
    const { attribution, stale } = this.explaining;
    if (!attribution || stale) return null;
    const mixed = attribution.segments.some((one) => one.level != null);
    const cut = attribution.token_scores ? granularity : attribution.granularity;
    const unit = mixed || cut === "custom" ? "part" : cut;
    return { subject, influences: this.explaining.influences(view), unit };
  }

  clear(): void {
    for (const part of [this.explaining, this.rival, this.checking, this.estimating]) part.clear();
  }
}
