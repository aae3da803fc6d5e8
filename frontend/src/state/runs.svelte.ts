/** What was generated and asked stays: kept as it comes, and shown again without computing it. */
import { untrack } from "svelte";
import type { RecordStore } from "../host/store";
import { headOf, idsOf, inOrder, isHead, isSeen, type RunHead, type Seen } from "../model/run";
import type { Session } from "./prompt/session.svelte";

/** Runs that make room for a new one. */
const MOST_DROPPED = 10;

export class Runs {
  #heads = $state.raw<readonly RunHead[]>([]);
  readonly all: readonly RunHead[] = $derived.by(() => inOrder(this.#heads));
  /** The one that is seen now; "" if what is seen is none yet. */
  readonly current: string = $derived.by(() => {
    const seen = this.seen();
    return seen ? idsOf(seen).id : "";
  });
  /** What was kept before is known. */
  ready = $state(false);
  /** Some could not be saved: they are here as long as the page is. */
  unkept = $state(false);
  /** Saves that are on their way. */
  saving = $state(0);
  /** One that was asked for is not there any more, or is no run that this version can show. */
  trouble: "gone" | "strange" | null = $state(null);
  /** Dropped last, so that it can be brought back. */
  dropped = $state.raw<RunHead | null>(null);
  #droppedRun: Seen | null = null;
  /** What the store had no room for. */
  readonly #held = new Map<string, Seen>();
  /** What is kept of each already. */
  readonly #known = new Map<string, Seen>();
  /** All that is written, one after the other. */
  #writing: Promise<void>;

  constructor(
    private readonly store: RecordStore,
    private readonly session: Session,
    private readonly seen: () => Seen | null,
  ) {
    this.#writing = this.#read();
  }

  /** Keep what is seen, whenever that is something else, as long as the effect lives. */
  follow(): void {
    $effect(() => this.store.watch(() => void this.#after(() => this.#renew())));
    $effect(() => {
      const seen = this.seen();
      if (seen) untrack(() => void this.keep(seen));
    });
  }

  /** Keep a run, or what came of it since. */
  keep(seen: Seen): Promise<void> {
    return this.#after(async () => {
      const { id, answer } = idsOf(seen);
      const ofAnswer = this.#heads.filter((head) => head.answer === answer);
      const before = ofAnswer.find((head) => head.id === id);
      if (!seen.target && ofAnswer.length > 0) return; // what was asked about it is there
      const same = seen.target ? id : `${answer}.`; // as an answer alone, it is that run still
      if (this.session.unwantedRun.startsWith(same)) return;
      this.#want("");
      if (isSame(this.#known.get(id), seen)) return;
      this.#known.set(id, seen);
      await this.#write(headOf(seen, before?.at ?? Date.now(), before?.pinned ?? false), seen);
      const unasked = ofAnswer.filter((head) => head.target === null && !head.pinned);
      for (const head of seen.target ? unasked : []) await this.#forget(head.id);
      const old = this.all.filter((head) => !head.pinned).slice(this.store.most);
      for (const head of old) await this.#forget(head.id);
    });
  }

  /** All of a run, to be shown; null, and said so, if another page dropped it. */
  async open(id: string): Promise<Seen | null> {
    const run = await this.#find(id);
    this.trouble = run === null ? "gone" : isSeen(run) ? null : "strange";
    if (this.trouble === "gone") await this.#after(() => this.#read());
    if (!isSeen(run)) return null;
    this.#known.set(id, run);
    return run;
  }

  /**
   * All of a run, to be set beside others; null if it is not there, or no run. Of an answer alone,
   * what was asked about it since took the place.
   */
  async read(id: string): Promise<Seen | null> {
    const run = await this.#find(id);
    const since = this.all.find(({ answer }) => id === `${answer}.`);
    const found = run ?? (since ? await this.#find(since.id) : null);
    return isSeen(found) ? found : null;
  }

  async pin(head: RunHead, pinned: boolean): Promise<void> {
    await this.#after(() => this.#write({ ...head, pinned }));
  }

  async drop(head: RunHead): Promise<void> {
    await this.#after(async () => {
      this.#droppedRun =
        this.#held.get(head.id) ?? ((await this.store.read(head.id)) as Seen | null);
      await this.#forget(head.id);
      if (head.id === this.current) this.#want(head.id);
      this.dropped = this.#droppedRun && head;
    });
  }

  forgetDropped(): void {
    this.dropped = this.#droppedRun = null;
  }

  async undo(): Promise<void> {
    await this.#after(async () => {
      const [head, run] = [this.dropped, this.#droppedRun];
      this.dropped = this.#droppedRun = null;
      if (head?.id === this.session.unwantedRun) this.#want("");
      if (head && run) await this.#write(head, run);
    });
  }

  async #find(id: string): Promise<unknown> {
    await this.#writing;
    return this.#held.get(id) ?? (await this.store.read(id));
  }

  #want(unwanted: string): void {
    if (unwanted !== this.session.unwantedRun) this.session.set({ unwantedRun: unwanted });
  }

  async #write(head: RunHead, run?: Seen): Promise<void> {
    const kept = this.#held.has(head.id) && !run ? false : await this.#fit(head, run);
    this.#heads = [head, ...this.#heads.filter((one) => one.id !== head.id)];
    if (kept) this.#held.delete(head.id);
    else if (run) this.#held.set(head.id, run);
    this.unkept = this.#held.size > 0;
  }

  /** Write it; where there is no room, the oldest make some, but not all. */
  async #fit(head: RunHead, run?: Seen): Promise<boolean> {
    for (let dropped = 0; ; dropped++) {
      this.saving++;
      const written = await this.store.write(head, run).catch(() => "failed");
      this.saving--;
      if (written !== "full" || dropped === MOST_DROPPED) return written === "kept";
      const oldest = this.all.findLast(
        ({ id, pinned }) => !pinned && id !== head.id && !this.#held.has(id),
      );
      if (!oldest) return false;
      await this.#forget(oldest.id);
    }
  }

  /** What could not be kept is tried again, and what others kept is seen. */
  async #renew(): Promise<void> {
    for (const [id, run] of this.#held) {
      const head = this.#heads.find((one) => one.id === id);
      if (head) await this.#write(head, run);
      if (this.#held.has(id)) break; // no better than before
    }
    await this.#read();
  }

  async #forget(id: string): Promise<void> {
    this.#heads = this.#heads.filter((head) => head.id !== id);
    this.#held.delete(id);
    this.#known.delete(id);
    this.unkept = this.#held.size > 0;
    await this.store.drop(id);
  }

  async #read(): Promise<void> {
    const kept = (await this.store.list()).filter(isHead);
    const held = this.#heads.filter(({ id }) => this.#held.has(id));
    const others = kept.filter(({ id }) => !this.#held.has(id));
    const heads = [...held, ...others];
    // A page that went in between left both: the answer, and what was asked about it.
    const asked = new Set(heads.flatMap((head) => (head.target === null ? [] : head.answer)));
    this.#heads = heads.filter(
      ({ answer, pinned, target }) => target !== null || pinned || !asked.has(answer),
    );
    this.ready = true;
  }

  /** One after the other, whoever asks. */
  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined); // whoever comes next is not to blame
    return done;
  }
}

function isSame(a: Seen | undefined, b: Seen): boolean {
  return (
    a !== undefined &&
    a.explanation === b.explanation &&
    a.finding === b.finding &&
    a.scope === b.scope &&
    a.answer.tokens.length === b.answer.tokens.length
  );
}
