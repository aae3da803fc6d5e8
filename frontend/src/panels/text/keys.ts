/** The keys of the text: moving by segments, choosing the target, muting. */
import type { Workbench } from "../../state/workbench.svelte";

type Commanded = Pick<Workbench, "answers" | "inquiry" | "muting" | "selection" | "setTarget">;

/** Do what the key stands for; false if it stands for nothing in the text. */
export function textKey(event: KeyboardEvent, workbench: Commanded): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { selection } = workbench;
  const answer = workbench.answers.current;
  const segments = workbench.inquiry.segments;
  if (!answer || !segments) return false;
  const start = answer.promptLength;
  const inAnswer = segments.filter(([, stop]) => stop > start);
  switch (event.key) {
    case "ArrowRight":
    case "ArrowLeft":
      selection.move(segments, event.key === "ArrowRight" ? 1 : -1, event.shiftKey, start);
      return true;
    case "Home":
    case "End": {
      const edge = event.key === "Home" ? inAnswer[0] : inAnswer.at(-1);
      if (edge) selection.place(edge, event.shiftKey);
      return true;
    }
    case "Enter": {
      const { selected } = selection;
      if (selected && selected[1] > start) workbench.setTarget(selected);
      return true;
    }
    case "m":
    case "M": {
      const { cursor, target } = selection;
      if (cursor && target && cursor[1] <= target[0]) workbench.muting.toggle(cursor);
      return true;
    }
    default:
      return false;
  }
}
