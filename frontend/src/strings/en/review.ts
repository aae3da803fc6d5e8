/** Words of what people think of runs. */
import type { Opinion } from "../../model/review";
import { count } from "../words";

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
  /** Behind a name. */
  says: (opinion: Opinion | null) => (opinion ? SAYS[opinion] : "notes"),
  somebody: "Somebody",
  time: (at: number) => when.format(at),
  note: "Note",
  by: "Your name",
  add: "Add a note or an opinion",
  keep: "Keep it",
  cancel: "Cancel",
  kept: "It is kept.",
  failed: "This could not be kept. It is here still: try again.",
  drop: "Drop this",
  dropOf: (name: string) => `Drop what ${name} said`,
  stays: "This could not be dropped: try again.",
  dropped: "It was dropped.",
  undo: "Undo",
  // ---- the view ----
  welcome:
    "Open a run, read what led to its answer, and say whether you agree. Nothing else can be changed here.",
  none: "Nothing was found yet that could be reviewed: click a part of an answer first.",
  nothing: "There is nothing to review yet.",
  noneHere: "No run is like that.",
  show: "Which runs",
  shown: {
    all: "All",
    open: "Without an opinion",
    agree: "Agreed",
    disagree: "Disagreed",
    unsure: "Unsure",
  },
  opened: "Look into it",
  goneRun: "This run is not there any more.",
  unreadRun: "The run could not be read.",
  unmeasured: "What the answer would be without its strongest part was not measured.",
  import: "Import a review",
  importAbout: "What somebody saved on the page of a report",
  readOnly: "What is here is only read: nothing can be kept.",
  unread: (name: string) => `${name} could not be read: try again.`,
  empty: "Nothing is said in it.",
  taken: (n: number) => `${count(n, "review was", "reviews were")} taken in.`,
  known: (n: number) => `${count(n, "was", "were")} there already.`,
  astray: (n: number) => `${count(n, "is", "are")} of a report that was not made here: see below.`,
  lost: (n: number) => `${count(n, "review", "reviews")} could not be saved: import it again.`,
  elsewhere: "Of reports that were not made here",
  gone: "Of runs that are not here any more",
  // ---- the page of a report ----
  yours: "Your review",
  yoursAbout: "Say what you think, save it, and send the file back.",
  save: "Save the review",
  saved: (name: string) => `Saved as ${name}. Send it to whoever gave you this page.`,
};
