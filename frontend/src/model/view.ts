/** What a person sees, as it is told to someone beside them. */
import type { Explanation, Target, View } from "../wire";
import { type Answer, withoutMaps } from "./answer";
import type { Subject } from "./question";

export const NOTHING: View = { explanation: null, segmentations: {}, target: null };

/** An answer, what of it is the target, and the map if there is one. */
export function viewOf(answer: Answer, subject: Subject | null, shown: Explanation | null): View {
  const { segmentations } = answer;
  if (subject && shown) {
    return { explanation: shown, segmentations, target: shown.attributions[0]!.target };
  }
  const explanation = withoutMaps(answer);
  return { explanation, segmentations, target: subject && targetOf(subject) };
}

/** A foil that was typed has no tokens yet. */
function targetOf({ target: [start, stop], foil }: Subject): Target {
  const known = foil && typeof foil.value !== "string";
  return { start, stop, foil: known ? { ids: [...foil.value], text: foil.text } : null };
}
