/** Runs beside each other, and how likely the answer of each is after the prompt of each. */
import { untrack } from "svelte";
import type { Transport } from "../host/transport";
import { changed, counterpart } from "../model/alignment";
import {
  explanationOf,
  isOfOneAnswer,
  keyOfRun,
  limited,
  mapOf,
  scaleOf,
  sidesOf,
  targetOf,
} from "../model/column";
import { idsOf, type Seen } from "../model/run";
import type { Attribution, Event, Span } from "../wire";
import { Job } from "./job.svelte";
import { type Offer, Offering } from "./offering.svelte";
import type { Session } from "./prompt/session.svelte";
import type { Runs } from "./runs.svelte";
import type { Server } from "./server.svelte";

/** So many can be beside each other. */
export const MOST = 6;

export interface Column {
  readonly id: string;
  /** Its place among those that are known; null while it is read, and if it is gone. */
  readonly index: number | null;
  readonly seen: Seen | null;
  readonly gone: boolean;
  /** In the units that are chosen. */
  readonly map: Attribution | null;
  /** What the first one lacks; of the first of two, what the other one lacks. */
  readonly changed: readonly Span[];
}

export type Compared = Omit<Event<"compare"> & { type: "comparison" }, "cached" | "type">;

/** What the page's own text shows, and how to ask about another part of its answer. */
interface Page {
  /** Null while an answer or a map is on its way. */
  readonly seen: Seen | null;
  /** Its answer, whatever is asked about it; null while it is being written. */
  readonly answered: Seen | null;
  setTarget(target: Span): void;
}

export class Comparing {
  readonly job: Job;
  /** Who can say how likely answers are, and what that takes. */
  readonly offering: Offering;
  /** What was read of the runs; null of those that are gone. */
  #read = $state.raw<ReadonlyMap<string, Seen | null>>(new Map());
  #known = $state.raw<ReadonlyMap<string, Compared>>(new Map());
  #latest = $state.raw<{ ids: string; result: Compared } | null>(null);
  /** Differences told already, by the answers they are between. */
  readonly #differences = new Map<string, readonly [readonly Span[], readonly Span[]]>();
  /** Maps cut already, so that one that did not change is the same one. */
  readonly #maps = new WeakMap<Seen, { choice: string; map: Attribution | null }>();
  /** The answer whose target was chosen by itself last. */
  #offered = "";

  /** A change is being tried: the last of them is the page's own text. */
  readonly trying: boolean = $derived.by(
    () => this.session.view === "compare" && this.session.trying,
  );
  readonly #beside: readonly Seen[] = $derived.by(() =>
    this.session.compared.flatMap((id) => this.#read.get(id) ?? []),
  );
  /** What came of the change, once that is another run than those beside it, or has another map. */
  readonly tried: Seen | null = $derived.by(() => {
    const { seen } = this.page();
    if (!this.trying || !seen) return null;
    const key = this.#keyOf(seen);
    return this.#beside.some((one) => this.#keyOf(one) === key) ? null : seen;
  });
  /** The others are compared with the first. */
  readonly runs: readonly Seen[] = $derived.by(() =>
    this.tried ? [...this.#beside, this.tried] : this.#beside,
  );
  /** Of each run, in the units that are chosen. */
  readonly maps: readonly (Attribution | null)[] = $derived.by(() =>
    this.runs.map((seen) => this.#mapOf(seen)),
  );
  readonly columns: readonly Column[] = $derived.by(() =>
    this.session.compared.map((id) => {
      const seen = this.#read.get(id) ?? null;
      return {
        id,
        index: seen && this.runs.indexOf(seen),
        seen,
        gone: this.#read.get(id) === null,
        map: seen && this.#mapOf(seen),
        changed: seen ? this.#changedIn(seen) : [],
      };
    }),
  );
  /** What the strongest colour stands for in all of them; null if each has a scale of its own. */
  readonly scale: number | null = $derived.by(() => scaleOf(this.maps));
  /** How the page's own text is drawn beside the others; null where it is not. */
  readonly own = $derived.by(() =>
    this.tried ? { scale: this.scale, changed: this.#changedIn(this.tried) } : null,
  );
  /** What asking servers takes, which is not done unasked; null where nothing waits for that. */
  readonly offered: Offer | null = $derived.by(() =>
    this.result ? null : this.offering.of(this.#key),
  );
  readonly #ids: string = $derived.by(() => this.runs.map((seen) => idsOf(seen).id).join(" "));
  readonly #key: string | null = $derived.by(() =>
    this.session.view === "compare" && this.runs.length > 1 && this.offering.able.length > 0
      ? JSON.stringify([this.offering.able, this.runs.map((seen) => this.#keyOf(seen))])
      : null,
  );
  /** Null as long as nobody said it; of the same runs by other maps, what was said before. */
  readonly result: Compared | null = $derived.by(() => {
    const latest = this.#latest?.ids === this.#ids ? this.#latest.result : null;
    return this.#known.get(this.#key ?? "") ?? latest;
  });

  constructor(
    transport: Transport,
    private readonly server: Server,
    private readonly session: Session,
    private readonly saved: Runs,
    private readonly page: () => Page,
  ) {
    this.job = new Job(transport, server);
    this.offering = new Offering(transport, server, () => this.runs);
  }

  /** Read and ask for what is not known, for as long as the effect lives that this is called in. */
  follow(): void {
    $effect(() => {
      const { compared, view } = this.session;
      if (!this.server.state || this.server.trouble) return; // who has them is not known
      untrack(() => void (view === "compare" ? this.#readAll(compared) : this.#forget()));
    });
    $effect(() => {
      const { tried } = this;
      if (tried) untrack(() => this.#offerTarget(tried));
    });
    $effect(() => {
      void this.#key;
      untrack(() => void this.#ask());
    });
  }

  /** Try a change to what is seen: it stays beside what comes of it. */
  try(): boolean {
    const { answered, seen } = this.page();
    const before = seen ?? answered;
    if (!before) return false;
    const { compared, view } = this.session;
    const id = this.#put(before);
    const others = view === "compare" ? compared.filter((one) => one !== id) : [];
    const beside = limited([...others, id], MOST - 1);
    this.session.set({ view: "compare", compared: beside, trying: true });
    return true;
  }

  /** Set a run beside the others, or beside the one that is seen; or take it away. */
  toggle(id: string): void {
    const { compared, view } = this.session;
    const { answered, seen } = this.page();
    const now = seen ?? answered;
    if (view !== "compare") {
      const own = now && idsOf(now).id;
      const both = own && own !== id ? [id, this.#put(now)] : [id]; // what is seen came of it
      return this.session.set({ view: "compare", compared: both, trying: false });
    }
    if (compared.includes(id)) return this.remove(id);
    if (this.tried && id === idsOf(this.tried).id) return; // it is there already
    this.session.set({ compared: limited([...compared, id], MOST - (this.trying ? 1 : 0)) });
  }

  remove(id: string): void {
    this.session.set({ compared: this.session.compared.filter((one) => one !== id) });
  }

  /** The run becomes the one that the others are compared with. */
  putFirst(id: string): void {
    this.session.set({ compared: [id, ...this.session.compared.filter((one) => one !== id)] });
  }

  /** The change is no longer tried; what came of it stays among the others. */
  stopTrying(): void {
    const { answered } = this.page();
    const isNew = answered && !this.#beside.some((one) => isOfOneAnswer(one, answered));
    const last = this.tried ?? (isNew ? answered : null);
    const { compared } = this.session;
    const all = last ? [...new Set([...compared, this.#put(last)])] : compared;
    this.session.set({ trying: false, compared: all });
  }

  /** Ask, whatever it takes; or once more, after it failed. */
  readonly again = () => void this.#ask(true);

  /** Have a run among those that are read, and kept. */
  #put(seen: Seen): string {
    const { id } = idsOf(seen);
    this.#remember(id, seen);
    void this.saved.keep(seen).catch(() => undefined); // the list of runs says so
    return id;
  }

  async #readAll(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#read.get(id)) continue;
      try {
        this.#remember(id, await this.saved.read(id));
      } catch {
        // whoever has it went away: it is read once they are back
      }
    }
  }

  /** What is seen of them meanwhile may be more than what was read. */
  #forget(): void {
    this.#read = new Map();
  }

  #remember(id: string, seen: Seen | null): void {
    this.#read = new Map([...this.#read, [id, seen]]);
  }

  async #ask(agreed = false): Promise<void> {
    this.job.clear();
    const [ids, key] = [this.#ids, this.#key];
    if (key === null || this.#known.has(key)) return;
    const explanations = this.runs.map((seen) => explanationOf(seen, this.#mapOf(seen)));
    if (this.offering.paid.length > 0 && !agreed) return this.offering.ask(key, explanations);
    const said: Compared[] = [];
    for (const model of this.offering.able) {
      const before = said.at(-1); // by the models before
      const known = { known: before?.log_probs ?? null, at_most: before?.at_most ?? [] };
      const outcome = await this.job.run("compare", { model, explanations, ...known }, (event) => {
        if (event.type === "comparison") said.push(event);
      });
      if (outcome !== "done" || key !== this.#key) return;
    }
    const result = said.at(-1);
    if (!result) return;
    this.#known = new Map([...this.#known, [key, result]]);
    this.#latest = { ids, result };
  }

  /** What the answer says in the place of the words that were asked about is asked about. */
  #offerTarget(seen: Seen): void {
    const { answer, target } = seen;
    const first = this.runs[0];
    const { answer: id } = idsOf(seen);
    if (this.#offered === id || !first?.target || isOfOneAnswer(first, seen)) return;
    this.#offered = id;
    if (target) return;
    const [before, after] = [sidesOf(first.answer), sidesOf(answer)];
    const found = counterpart(before.answer, targetOf(first), after.answer);
    if (found) this.page().setTarget(found);
  }

  #keyOf(seen: Seen): string {
    return keyOfRun(seen, this.#mapOf(seen));
  }

  #mapOf(seen: Seen): Attribution | null {
    const { aggregate, granularity, pattern } = this.session;
    const choice = `${granularity} ${aggregate} ${pattern}`;
    const known = this.#maps.get(seen);
    if (known?.choice === choice) return known.map;
    const map = mapOf(seen, { aggregate, granularity, pattern });
    this.#maps.set(seen, { choice, map });
    return map;
  }

  #changedIn(seen: Seen): readonly Span[] {
    const [first, second] = this.runs;
    if (!first || !second) return [];
    const isFirst = seen === first;
    if (isFirst && this.runs.length > 2) return []; // each of the others lacks something else
    const [removed, added] = this.#difference(first, isFirst ? second : seen);
    return isFirst ? removed : added;
  }

  #difference(first: Seen, other: Seen): readonly [readonly Span[], readonly Span[]] {
    const key = `${idsOf(first).answer} ${idsOf(other).answer}`;
    const known = this.#differences.get(key);
    if (known) return known;
    const [before, after] = [sidesOf(first.answer), sidesOf(other.answer)];
    const ways = [changed(before.prompt, after.prompt), changed(before.answer, after.answer)];
    const found = [
      ways.flatMap((way) => way?.removed ?? []),
      ways.flatMap((way) => way?.added ?? []),
    ] as const;
    this.#differences.set(key, found);
    return found;
  }
}
