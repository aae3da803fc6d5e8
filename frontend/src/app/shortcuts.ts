/** Keys that work anywhere on the page. Those of the text itself are in its panel. */
import { ranked, spanOf } from "../model/ranking";
import type { Workbench } from "../state/workbench.svelte";

type Commanded = Pick<
  Workbench,
  "answering" | "findings" | "selection" | "server" | "generateDraft" | "escape" | "setGranularity"
>;

/** Do what the key stands for; false if it stands for nothing here. */
export function shortcut(
  event: KeyboardEvent,
  root: ParentNode,
  workbench: Commanded,
  help: () => void,
): boolean {
  if (event.defaultPrevented || somethingOnTop(root)) return false;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (workbench.answering.writing.running) workbench.answering.stop();
    else workbench.generateDraft();
    return true;
  }
  if (event.metaKey || isTyping(event.target)) return false;
  if (isBracket(event)) {
    const { influences } = workbench.findings.explaining;
    workbench.selection.walk(ranked(influences, false).map(spanOf), event.key === "]" ? 1 : -1);
    return influences.length > 0;
  }
  if (event.ctrlKey || event.altKey) return false;
  if (event.key === "?") {
    help();
    return true;
  }
  if (event.key === "Escape") return workbench.escape();
  const granularity = workbench.server.state?.granularities[Number(event.key) - 1];
  if (/^[1-9]$/.test(event.key) && granularity) {
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
  if (target instanceof HTMLInputElement)
    return !["radio", "checkbox", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
