/** Keys that work anywhere on the page. Those of the text itself are in its panel. */
import { ranked, spanOf, within } from "../model/ranking";
import type { Workbench } from "../state/workbench.svelte";

type Commanded = Pick<
  Workbench,
  | "answering"
  | "comparing"
  | "findings"
  | "gridding"
  | "inquiry"
  | "prompting"
  | "selection"
  | "server"
  | "session"
  | "generateDraft"
  | "escape"
  | "setGranularity"
>;

/** Do what the key stands for; false if it stands for nothing here. */
export function shortcut(
  event: KeyboardEvent,
  root: ParentNode,
  workbench: Commanded,
  open: (what: "help" | "palette") => void,
): boolean {
  if (event.defaultPrevented || workbench.server.review) return false;
  const isCommand = event.ctrlKey || event.metaKey;
  const isPalette = isCommand && !event.altKey && !event.shiftKey && event.key === "k";
  const isGo = event.key === "Enter" && isCommand;
  // What is typed is looked at first: it comes often, and looking for a dialog takes a while.
  if ((!isGo && !isPalette && isTyping(event.target)) || somethingOnTop(root)) return false;
  if (isPalette) {
    open("palette");
    return true;
  }
  // What is typed and asked about may be out of sight.
  const inSight = workbench.session.view === "look" || workbench.comparing.trying;
  if (isGo && workbench.session.view === "grid") {
    if (workbench.gridding.running) workbench.gridding.stop();
    else void workbench.gridding.run();
    return true;
  }
  if (isGo) {
    if (!inSight) return false;
    if (workbench.answering.writing.running) workbench.answering.stop();
    else workbench.generateDraft();
    return true;
  }
  if (event.metaKey) return false;
  if (isBracket(event)) {
    if (!inSight) return false;
    const { scope, subject } = workbench.inquiry;
    const { influences } = workbench.findings.explaining;
    const listed = ranked(within(influences, scope, subject?.answer.promptLength ?? 0), false);
    workbench.selection.walk(listed.map(spanOf), event.key === "]" ? 1 : -1);
    return listed.length > 0;
  }
  if (event.ctrlKey || event.altKey) return false;
  if (event.key === "?") {
    open("help");
    return true;
  }
  if (event.key === "e" || event.key === "E") {
    if (!inSight) return false;
    workbench.prompting.edit(root);
    return true;
  }
  if (event.key === "Escape") {
    if (!workbench.prompting.browsing) return inSight && workbench.escape();
    workbench.prompting.browse(false);
    return true;
  }
  const granularity = workbench.server.state?.granularities[Number(event.key) - 1];
  if (/^[1-9]$/.test(event.key) && granularity && workbench.session.view !== "grid") {
    workbench.setGranularity(granularity);
    return true;
  }
  return false;
}

/** On many keyboards they take AltGr, which is Ctrl and Alt, or Option. */
function isBracket({ key, ctrlKey, altKey }: KeyboardEvent): boolean {
  return (key === "[" || key === "]") && (!ctrlKey || altKey);
}

/** A dialog or form over the page has the keys, Escape above all. */
function somethingOnTop(root: ParentNode): boolean {
  if (root.querySelector("dialog[open]")) return true;
  const popovers = globalThis.CSS?.supports("selector(:popover-open)");
  return !!popovers && root.querySelector('[popover="auto"]:popover-open') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement)
    return !["radio", "checkbox", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
