/** What a screen reader says of the segment that the cursor is on. */
import { type Chip, chipAt, REASONING, textOf } from "../../model/chips";
import { withSigns } from "../../model/unseen";
import { t } from "../../strings";
import type { Span } from "../../wire";

export function describe(
  [start, stop]: Span,
  chips: readonly Chip[],
  promptLength: number,
  is: { readonly target: boolean; readonly muted: boolean },
): string {
  const notes = [is.target ? t.text.target : "", is.muted ? t.text.muted : ""].filter(Boolean);
  return t.text.describe(
    withSigns(textOf(chips, start, stop)),
    start < promptLength ? t.text.prompt : placeInAnswer(chips, start),
    notes.length > 0 ? ` (${notes.join(", ")})` : "",
  );
}

function placeInAnswer(chips: readonly Chip[], start: number): string {
  return chips[chipAt(chips, start)]?.role === REASONING ? t.text.inReasoning : t.text.answer;
}
