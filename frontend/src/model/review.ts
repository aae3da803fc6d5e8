/** What people think of runs: an opinion on what was found, a note, or both; each by a name. */

export const OPINIONS = ["agree", "disagree", "unsure"] as const;
export type Opinion = (typeof OPINIONS)[number];

/** What somebody has to say. */
export interface Opined {
  opinion: Opinion | null;
  note: string;
}

/** And who says it. */
export interface Said extends Opined {
  readonly by: string;
}

/** What is about to be said, by the id that it will have however often it is tried. */
export interface Unsaid extends Said {
  readonly id: string;
}

/** A review as it is kept. */
export interface Review extends Said {
  readonly id: string;
  /** The run it is of, if it was written where that is kept; else "". */
  readonly run: string;
  /** The report that it was written on, and the run's number there; else "" and 0. */
  readonly report: string;
  readonly number: number;
  /** What that report was about. */
  readonly about: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** No browser knows a time beyond. */
const MOST = 8.64e15;

/** Whether something that was kept, perhaps by another version, can be shown. */
export function isReview(value: unknown): value is Review {
  const { id, run, report, about, opinion, note, by, at, number } = (value ?? {}) as Review;
  return (
    [id, run, report, about, note, by].every((one) => typeof one === "string") &&
    (opinion === null || OPINIONS.some((one) => one === opinion)) &&
    Number.isFinite(number) &&
    Math.abs(at) <= MOST
  );
}

/** The first one first, as they were said. */
export function inOrder(reviews: readonly Review[]): Review[] {
  return reviews.toSorted((a, b) => a.at - b.at);
}

/** The opinions there are, each with the number of people who have it: who changed theirs counts once. */
export function tally(reviews: readonly Review[]): readonly (readonly [Opinion, number])[] {
  const latest = new Map<string, Opinion>();
  for (const { by, id, opinion } of inOrder(reviews)) {
    if (opinion) latest.set(by.trim().toLowerCase() || id, opinion);
  }
  const held = [...latest.values()];
  return OPINIONS.map((one) => [one, held.filter((it) => it === one).length] as const).filter(
    ([, number]) => number > 0,
  );
}

/** Whether there is anything in it. */
export function isSaid({ opinion, note }: Opined): boolean {
  return opinion !== null || note.trim() !== "";
}

/** Their notes as one text, each by its name. */
export function notesOf(reviews: readonly Review[]): string {
  return inOrder(reviews)
    .filter(({ note }) => note !== "")
    .map(({ by, note }) => (by ? `${by}: ${note}` : note))
    .join("\n");
}

/** What the page of a report hands back, about its runs by their numbers. */
export function reviewFile(
  { id, title }: { readonly id: string; readonly title: string },
  said: readonly Opined[],
  by: string,
  now: Date,
): string {
  const [name, at] = [by.trim(), now.toISOString()];
  const reviews = said
    .map(({ opinion, note }, i) => ({ run: i + 1, opinion, note: note.trim(), by: name, at }))
    .filter(isSaid);
  return `${JSON.stringify({ backlit_review: 1, report: id, title, reviews }, null, 1)}\n`;
}
