/** Words of the list of runs. */
import type { Verdict } from "../../wire";

const DAY = 24 * 60 * 60 * 1000;

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

export const runs = {
  title: "Runs",
  /** Today's by the clock, others by the day. */
  time: (at: number, now: number) =>
    (now - at < DAY && new Date(at).getDate() === new Date(now).getDate() ? clock : day).format(at),
  asked: (target: string, foil: string | null) =>
    foil === null ? `Why “${target}”?` : `Why “${target}” and not “${foil}”?`,
  notAsked: "Nothing asked yet",
  empty: "(empty answer)",
  verdict: {
    holds: "holds up",
    weak: "weak",
    chance: "no better than chance",
  } as Record<Verdict, string>,
  modelGone: (model: string) => `${model} is not here now: this is shown as it was kept.`,
  notHere: "not here now",
  pin: "Pin: keep it until it is dropped",
  unpin: "Unpin",
  drop: "Drop this run",
  dropped: "The run was dropped.",
  undo: "Undo",
  dismiss: "Dismiss",
  gone: "That run is not there any more: another page dropped it.",
  strange: "That run can’t be shown: another program or version wrote it.",
  unkept: "The browser has no room for the latest runs: they stay until this page is closed.",
  unsaved: (file: string) =>
    `The latest runs could not be saved in ${file}: they stay until this page is closed.`,
  readOnly: (file: string) => `${file} is only read: your own runs stay until this page is closed.`,
  saving: "Saving…",
  saved: "Saved",
  savedIn: (path: string) => `Saved in the workspace ${path}`,
};
