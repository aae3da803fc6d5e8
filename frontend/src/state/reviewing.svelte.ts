/** What people think of runs: written here, or on the page of a report and taken in. */
import type { Kept, Listed, SharedStore } from "../host/store";
import type { Transport } from "../host/transport";
import { inOrder, isReview, newId, type Review, type Said } from "../model/review";
import type { Events } from "../wire";
import { Job, type Watcher } from "./job.svelte";

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
  /** Of those that were added, those of runs that are not known here. */
  readonly astray: number;
  /** They could not be saved. */
  readonly failed: number;
}

export class Reviewing {
  #all = $state.raw<readonly Review[]>([]);
  readonly all: readonly Review[] = $derived.by(() => inOrder(this.#all));
  /** The person's own name, as they signed last. */
  by = $state("");
  /** Reading a file of reviews. */
  readonly job: Job;
  /** What is typed and not kept yet, by the run that it is of. */
  drafts = $state.raw<Readonly<Record<string, Said>>>({});
  /** Dropped last, so that it can be brought back. */
  dropped = $state.raw<Review | null>(null);

  constructor(
    private readonly kept: Kept,
    private readonly shared: SharedStore,
    transport: Transport,
    watcher: Watcher,
  ) {
    this.job = new Job(transport, watcher);
    const name = shared.read(NAME);
    this.by = typeof name === "string" ? name : "";
    void this.#read();
  }

  /** Hear of what others say, as long as the effect lives. */
  follow(): void {
    $effect(() => this.kept.reviews.watch(() => void this.#read()));
  }

  of(run: string): readonly Review[] {
    return run === "" ? [] : this.all.filter((one) => one.run === run);
  }

  /** What the person begins with, who has nothing to say of a run yet. */
  get blank(): Said {
    return { opinion: null, note: "", by: this.by };
  }

  /** Change what the person is about to say of a run. */
  draft(run: string, change: Partial<Said> = {}): void {
    const draft = { ...(this.drafts[run] ?? this.blank), ...change };
    this.drafts = { ...this.drafts, [run]: draft };
  }

  discard(run: string): void {
    const others = Object.entries(this.drafts).filter(([of]) => of !== run);
    this.drafts = Object.fromEntries(others);
  }

  /** Keep what the person has to say of a run; false if it could not be kept. */
  async say(run: string): Promise<boolean> {
    const { by, note, opinion } = this.drafts[run] ?? this.blank;
    this.by = by.trim();
    this.shared.write(NAME, this.by);
    const said = { opinion, note: note.trim(), by: this.by };
    const kept = await this.#write({ id: newId(), run, about: "", ...said, at: Date.now() });
    if (kept) this.discard(run);
    return kept;
  }

  async drop(review: Review): Promise<void> {
    await this.kept.reviews.drop(review.id);
    this.#all = this.#all.filter(({ id }) => id !== review.id);
    this.dropped = review;
  }

  async undo(): Promise<void> {
    const { dropped } = this;
    this.dropped = null;
    if (dropped) await this.#write(dropped);
  }

  /** Remember which runs were handed on, so that what comes back of them finds them. */
  async hand(report: string, runs: readonly string[]): Promise<void> {
    const handed: Handed = { id: report, runs };
    await this.kept.reports.write(handed, REST).catch(() => undefined);
  }

  /** Take in what somebody wrote on the page of a report; null if it is none, which the job tells. */
  async take(text: string): Promise<Taken | null> {
    let read: Extract<Events["review"], { type: "reviews" }> | undefined;
    await this.job.run("review", { text }, (event) => {
      if (event.type === "reviews") read = event;
    });
    if (!read) return null;
    const { report, reviews, title } = read;
    const runs = await this.#runsOf(report);
    const there = new Set(this.#all.map(({ id }) => id));
    const fresh = reviews
      .filter(({ id }) => !there.has(id))
      .map((one) => ({ ...one, run: runs[one.run - 1] ?? "", about: title }));
    const added: Review[] = [];
    for (const one of fresh) if (await this.#write(one)) added.push(one);
    return {
      added: added.length,
      known: reviews.length - fresh.length,
      astray: added.filter(({ run }) => run === "").length,
      failed: fresh.length - added.length,
    };
  }

  /** Of a report that was made here; none of another. */
  async #runsOf(report: string): Promise<readonly string[]> {
    const reports = await this.kept.reports.list();
    const found = reports.find(({ id }) => id === report) as Handed | undefined;
    return found?.runs ?? [];
  }

  async #write(review: Review): Promise<boolean> {
    const written = await this.kept.reviews.write(review, REST).catch(() => "failed");
    if (written !== "kept") return false;
    this.#all = [...this.#all.filter(({ id }) => id !== review.id), review];
    return true;
  }

  async #read(): Promise<void> {
    try {
      this.#all = (await this.kept.reviews.list()).filter(isReview);
    } catch {
      // nobody answered: the page says so, and the store asks again
    }
  }
}
