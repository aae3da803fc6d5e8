/** What the pointer does in the text: it marks, picks and drags targets, and rests on tokens. */
import { lacksSegments } from "../../model/answer";
import { chipAt } from "../../model/chips";
import { spanAt, union } from "../../model/spans";
import type { Workbench } from "../../state/workbench.svelte";
import type { Span } from "../../wire";
import { HoverIntent } from "./hover.svelte";

type PointedAt = Pick<Workbench, "answers" | "inquiry" | "selection" | "setTarget">;

export class Pointing {
  readonly hover = new HoverIntent();
  #dragStart: Span | null = null;

  constructor(private readonly workbench: PointedAt) {}

  /** Is any of it the answer's, which can be a target? */
  inAnswer(span: Span): boolean {
    return span[1] > (this.workbench.answers.current?.promptLength ?? Infinity);
  }

  press(event: PointerEvent): void {
    this.hover.dismiss();
    const { answers, selection } = this.workbench;
    const segment = this.#segmentUnder(event);
    const writing = answers.current?.finish === null;
    if (!segment || !this.inAnswer(segment) || event.button !== 0 || writing) return;
    this.#dragStart = event.shiftKey && selection.target ? selection.target : segment;
    selection.drag(union(this.#dragStart, segment));
    selection.place(segment, event.shiftKey);
  }

  move(event: PointerEvent): void {
    const { selection } = this.workbench;
    const segment = this.#segmentUnder(event);
    const element = elementUnder(event);
    selection.mark(segment);
    this.hover.over(element, element ? tokenOf(element) : -1);
    if (this.#dragStart && segment && this.inAnswer(segment)) {
      selection.drag(union(this.#dragStart, segment));
    }
  }

  release(): void {
    if (!this.#dragStart) return;
    const { selection } = this.workbench;
    if (selection.dragged) this.workbench.setTarget(selection.dragged);
    this.#dragStart = null;
    selection.drag(null);
  }

  /** A click on the prompt finds its place in the list. */
  click(event: MouseEvent): void {
    const { selection } = this.workbench;
    const segment = this.#segmentUnder(event);
    if (!segment || this.inAnswer(segment) || getSelection()?.toString()) return;
    selection.place(segment, false);
    selection.reveal(segment, "list");
  }

  leave(): void {
    this.workbench.selection.mark(null);
    this.hover.leave();
  }

  #segmentUnder(event: Event): Span | null {
    const element = elementUnder(event);
    if (!element) return null;
    const token = tokenOf(element);
    const segments = this.workbench.inquiry.segments ?? [];
    return segments[spanAt(segments, token)] ?? this.#provisional(token);
  }

  /** Just after a stop nobody knows yet where segments end: a token stands for its own. */
  #provisional(token: number): Span | null {
    const { answers } = this.workbench;
    if (!answers.current || !lacksSegments(answers.current)) return null;
    const chip = answers.chips[chipAt(answers.chips, token)];
    return chip ? [chip.start, chip.stop] : null;
  }
}

function elementUnder(event: Event): HTMLElement | null {
  return (event.target as Element).closest<HTMLElement>("[data-token]");
}

function tokenOf(element: HTMLElement): number {
  return Number(element.dataset.token);
}
