/** Words of what people think of runs. */
import type { Opinion } from "../model/review";
import { count } from "./words";

const NUMBERS: Record<Opinion, (n: number) => string> = {
  agree: (n) => (n === 1 ? "1 agrees" : `${n} agree`),
  disagree: (n) => (n === 1 ? "1 disagrees" : `${n} disagree`),
  unsure: (n) => (n === 1 ? "1 is unsure" : `${n} are unsure`),
};
const SAYS: Record<Opinion, string> = {
  agree: "agrees",
  disagree: "disagrees",
  unsure: "is unsure",
};

const when = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export const reviewing = {
  title: "Review",
  question: "Is this what led to the answer?",
  opinions: { agree: "Agree", disagree: "Disagree", unsure: "Unsure" } as Record<Opinion, string>,
  number: (opinion: Opinion, n: number) => NUMBERS[opinion](n),
  notes: (n: number) => count(n, "note", "notes"),
  says: (by: string, opinion: Opinion | null) =>
    opinion ? `${by} ${SAYS[opinion]}` : `${by} notes`,
  somebody: "Somebody",
  time: (at: number) => when.format(at),
  note: "Note",
  by: "Your name",
  add: "Add a note or an opinion",
  keep: "Keep it",
  cancel: "Cancel",
  failed: "This could not be kept. It is here still: try again.",
  drop: "Drop this",
  dropped: "A note was dropped.",
  undo: "Undo",
  // ---- the view ----
  none: "Nothing was found yet that could be reviewed: click a part of an answer first.",
  noneHere: "No run is like that.",
  show: "Which runs",
  shown: {
    all: "All",
    open: "Without an opinion",
    agree: "Agreed",
    disagree: "Disagreed",
    unsure: "Unsure",
  },
  read: "Read it",
  fold: "Fold it",
  opened: "Look into it",
  gone: "This run is not there any more.",
  unmeasured: "What led to it was not measured.",
  import: "Import a review",
  importAbout: "What somebody saved on the page of a report",
  taken: (added: number, known: number) =>
    added === 0 && known > 0
      ? "All of it was there already."
      : `${count(added, "review was", "reviews were")} taken in${known > 0 ? `, ${known} were there already` : ""}.`,
  astray: (n: number) =>
    `${n === 1 ? "1 is" : `${n} are`} of a report that was not made here: see below.`,
  lost: (n: number) => `${count(n, "review", "reviews")} could not be saved: import it again.`,
  elsewhere: "Of reports that were not made here",
  // ---- the page of a report ----
  yours: "Your review",
  yoursAbout: "Say what you think of each run, save it, and send the file back.",
  save: "Save the review",
  saved: (name: string) => `Saved as ${name}. Send it to whoever gave you this page.`,
  empty: "Nothing is said yet.",
};
