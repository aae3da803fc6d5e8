/** What is asked about: a part of the answer, against a foil or not. */
import { untrack } from "svelte";
import { lacksSegments } from "../model/answer";
import type { Foil } from "../model/question";
import { sameSpan, spanAt, union } from "../model/spans";
import type { Span } from "../wire";
import type { Workbench } from "./workbench.svelte";

type Asked = Pick<
  Workbench,
  "answering" | "answers" | "contrast" | "inquiry" | "muting" | "selection"
>;

/** Make a part of the answer the target; null if nothing is asked about. */
export function pickTarget(workbench: Asked, span: Span | null, foil: Foil | null): void {
  const { answering, answers, contrast, muting, selection } = workbench;
  const answer = answers.current;
  if (!answer || answering.writing.running) return;
  const target: Span | null = span && [Math.max(span[0], answer.promptLength), span[1]];
  if (target && target[0] >= target[1]) return;
  selection.release();
  const same = sameSpan(target, selection.target);
  if (same && !foil && !selection.provisional) return;
  if (!same) contrast.clear();
  contrast.choose(foil);
  selection.pick(target, target !== null && lacksSegments(answer));
  if (target) muting.keepBefore(target);
}

/** A target that was picked before the segments were known grows to theirs. */
export function growTarget(workbench: Asked): void {
  const { target, provisional } = workbench.selection;
  const { segments } = workbench.inquiry;
  if (!target || !segments || !provisional) return;
  const first = segments[spanAt(segments, target[0])];
  const last = segments[spanAt(segments, target[1] - 1)];
  if (first && last) untrack(() => pickTarget(workbench, union(first, last), null));
}
