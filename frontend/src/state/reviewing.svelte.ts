/** What people think of runs: written here, or on the page of a report and taken in. */
import type { Kept, Listed } from "../host/store";
import type { Transport } from "../host/transport";
import { inOrder, isReview, type Review, type Said, type Unsaid } from "../model/review";
import { newId } from "../model/ids";
import type { Events } from "../wire";
import { Job, type Watcher } from "./job.svelte";
import type { Session } from "./prompt/session.svelte";

const NAME = "reviewer";
/** All of it is in the list; without a rest, a browser's would not move into a workspace. */
const REST = {};

/** A report that was made here, and its runs in order. */
interface Handed extends Listed {
  readonly runs: readonly string[];
}

/** What became of reviews that were taken in. */
export interface Taken {
  readonly added: number;
  /** They were there already. */
  readonly known: number;
  /** Of those that were added, those of reports that were not made here. */
  readonly astray: number;
  /** They could not be saved. */
  readonly failed: number;
}

export class Reviewing {
  #all = $state.raw<readonly Review[]>([]);
  #reports = $state.raw<ReadonlyMap<string, readonly string[]>>(new Map());
  /** With the run that each is of, as far as that is known here; the first one first. */
  readonly all: readonly Review[] = $derived.by(() =>
    inOrder(this.#all).map((one) => ({ ...one, run: one.run || this.#runOf(one) })),
  );
  /** The person's own name, as they signed last. */
  by = $state("");
  /** Reading a file of reviews. */
  readonly job: Job;
  /** A file is being taken in. */
  taking = $state(false);
  /** What is typed and not kept yet, by the run that it is of. */
  readonly drafts = $derived.by(() => this.session.unsaid);
  /** What is being kept, by the same. */
  saying = $state.raw<readonly string[]>([]);
  /** Dropped last, so that it can be brought back. */
  dropped = $state.raw<Review | null>(null);
  private readonly kept: Kept;
  /** All that is read and written, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: Session,
    transport: Transport,
    watcher: Watcher,
  ) {
    this.job = new Job(transport, watcher);
    this.kept = session.store.kept;
    const name = session.store.shared.read(NAME);
    this.by = typeof name === "string" ? name : "";
    void this.#read();
  }

  /** Hear of what others say, as long as the effect lives. */
  follow(): void {
    $effect(() => this.kept.reviews.watch(() => void this.#read()));
    $effect(() => this.kept.reports.watch(() => void this.#read()));
  }

  of(run: string): readonly Review[] {
    return run === "" ? [] : this.all.filter((one) => one.run === run);
  }

  /** What the person begins with, who has nothing to say of a run yet. */
  get blank(): Unsaid {
    return { id: newId(), opinion: null, note: "", by: this.by };
  }

  /** Change what the person is about to say of a run. */
  draft(run: string, change: Partial<Said> = {}): void {
    const draft = { ...(this.drafts[run] ?? this.blank), ...change };
    this.session.set({ unsaid: { ...this.drafts, [run]: draft } });
  }

  discard(run: string): void {
    const others = Object.entries(this.drafts).filter(([of]) => of !== run);
    this.session.set({ unsaid: Object.fromEntries(others) });
  }

  /** Keep what the person has to say of a run; false if it could not be kept. */
  async say(run: string): Promise<boolean> {
    const draft = this.drafts[run];
    if (!draft || this.saying.includes(run)) return false;
    const { id, opinion } = draft;
    this.by = draft.by.trim();
    this.session.store.shared.write(NAME, this.by);
    const said = { opinion, note: draft.note.trim(), by: this.by };
    this.saying = [...this.saying, run];
    const of = { run, report: "", number: 0, about: "" };
    const kept = await this.#write({ id, ...of, ...said, at: Date.now() });
    this.saying = this.saying.filter((one) => one !== run);
    if (kept && this.drafts[run] === draft) this.discard(run);
    return kept;
  }

  /** Take one away; false if it is still there. */
  async drop(review: Review): Promise<boolean> {
    return this.#after(async () => {
      try {
        await this.kept.reviews.drop(review.id);
      } catch {
        return false;
      }
      this.#all = this.#all.filter(({ id }) => id !== review.id);
      this.dropped = review;
      return true;
    });
  }

  async undo(): Promise<void> {
    const { dropped } = this;
    this.dropped = null;
    if (!dropped) return;
    const run = dropped.report === "" ? dropped.run : ""; // as it was kept
    if (!(await this.#write({ ...dropped, run }))) this.dropped = dropped;
  }

  /** Remember which runs were handed on, so that what comes back of them finds them. */
  async hand(report: string, runs: readonly string[]): Promise<void> {
    const handed: Handed = { id: report, runs };
    await this.kept.reports.write(handed, REST).catch(() => undefined);
    await this.#read();
  }

  /** Take in what somebody wrote on the page of a report; null if it is none, which the job tells. */
  async take(text: string): Promise<Taken | null> {
    this.taking = true;
    try {
      return await this.#take(text);
    } finally {
      this.taking = false;
    }
  }

  async #take(text: string): Promise<Taken | null> {
    let read: Extract<Events["review"], { type: "reviews" }> | undefined;
    await this.job.run("review", { text }, (event) => {
      if (event.type === "reviews") read = event;
    });
    if (!read) return null;
    await this.#read();
    const there = new Set(this.#all.map(({ id }) => id));
    const fresh = read.reviews.filter(({ id }) => !there.has(id));
    const added: Review[] = [];
    for (const one of fresh) {
      const review = { ...one, run: "" };
      if (await this.#write(review)) added.push(review);
    }
    return {
      added: added.length,
      known: read.reviews.length - fresh.length,
      astray: added.filter((one) => this.#runOf(one) === "").length,
      failed: fresh.length - added.length,
    };
  }

  /** The run that it is of, if its report was made here; else "". */
  #runOf({ report, number }: Review): string {
    return this.#reports.get(report)?.[number - 1] ?? "";
  }

  #write(review: Review): Promise<boolean> {
    return this.#after(async () => {
      const written = await this.kept.reviews.write(review, REST).catch(() => "failed");
      if (written !== "kept") return false;
      this.#all = [...this.#all.filter(({ id }) => id !== review.id), review];
      return true;
    });
  }

  #read(): Promise<void> {
    return this.#after(async () => {
      try {
        const reports = (await this.kept.reports.list()) as readonly Partial<Handed>[];
        const listed = reports.map(
          ({ id, runs }) => [id!, Array.isArray(runs) ? runs : []] as const,
        );
        this.#reports = new Map(listed);
        this.#all = (await this.kept.reviews.list()).filter(isReview);
      } catch {
        // nobody answered: the page says so, and it is asked again once somebody does
      }
    });
  }

  #after<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
