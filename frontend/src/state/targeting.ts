/** What is asked about: a part of the answer, against a foil or not. */
import { untrack } from "svelte";
import { lacksSegments } from "../model/answer";
import type { Foil } from "../model/question";
import { sameSpan, spanAt, union } from "../model/spans";
import type { Span } from "../wire";
import type { Answering } from "./answer/answering.svelte";
import type { Answers } from "./answer/answers.svelte";
import type { Selection } from "./answer/selection.svelte";
import type { Contrast } from "./findings/contrast.svelte";
import type { Inquiry } from "./findings/inquiry.svelte";
import type { Muting } from "./findings/muting.svelte";

/** The parts of the page's state that change with what is asked about. */
interface Asked {
  readonly answering: Answering;
  readonly answers: Answers;
  readonly contrast: Contrast;
  readonly inquiry: Inquiry;
  readonly muting: Muting;
  readonly selection: Selection;
}

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
