/** What the pointer does in the text: it marks, picks and drags targets, and rests on tokens. */
import { lacksSegments } from "../../model/answer";
import { chipAt } from "../../model/chips";
import { spanAt, union } from "../../model/spans";
import type { Place } from "../../model/tints";
import type { Workbench } from "../../state/workbench.svelte";
import type { Span } from "../../wire";
import { HoverIntent } from "./hover.svelte";

/** Milliseconds after which a finger is held, and does not tap. */
const HELD = 450;

type PointedAt = Pick<Workbench, "answers" | "inquiry" | "prompting" | "selection" | "setTarget">;

export class Pointing {
  readonly hover = new HoverIntent();
  #dragStart: Span | null = null;
  /** A finger rests on a token. */
  #holding: ReturnType<typeof setTimeout> | undefined;
  /** It did so for long: what it opened stays when it is lifted, and nothing is picked. */
  #held = false;

  constructor(private readonly workbench: PointedAt) {}

  /** Is any of it the answer's, which can be a target? */
  inAnswer(span: Span): boolean {
    return span[1] > (this.workbench.answers.current?.promptLength ?? Infinity);
  }

  press(event: PointerEvent): void {
    this.hover.dismiss();
    this.#held = false;
    if (event.pointerType === "touch") this.#hold(elementUnder(event));
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
    if (event.pointerType !== "touch") {
      selection.mark(segment);
      this.hover.over(element, element ? tokenOf(element) : -1);
    }
    if (this.#dragStart && segment && this.inAnswer(segment)) {
      selection.drag(union(this.#dragStart, segment));
    }
  }

  release(): void {
    clearTimeout(this.#holding);
    if (!this.#dragStart) return;
    const { selection } = this.workbench;
    if (selection.dragged) this.workbench.setTarget(selection.dragged);
    this.#dragStart = null;
    selection.drag(null);
  }

  /** It became something else, such as scrolling, or went on elsewhere: nothing is picked. */
  cancel(): void {
    clearTimeout(this.#holding);
    this.#dragStart = null;
    this.#held = false;
    this.workbench.selection.drag(null);
    this.hover.leave();
  }

  /** What a pointer that rests shows, a finger does once it is held. */
  #hold(element: HTMLElement | null): void {
    clearTimeout(this.#holding);
    if (!element) return;
    this.#holding = setTimeout(() => {
      this.#held = true;
      this.#dragStart = null;
      this.workbench.selection.drag(null);
      this.hover.show(element, tokenOf(element));
    }, HELD);
  }

  /** The browser's own menu, or its marking of words, would lie over what was opened. */
  menu(event: Event): void {
    if (this.#held) event.preventDefault();
  }

  /** A click on the prompt finds its place in the list. */
  click(event: MouseEvent): void {
    if (this.#held) return;
    const { selection } = this.workbench;
    const segment = this.#segmentUnder(event);
    if (!segment || this.inAnswer(segment) || getSelection()?.toString()) return;
    selection.place(segment, false);
    selection.reveal(segment, "list");
  }

  /** A double click into the prompt edits it there. */
  doubleClick(event: MouseEvent, places: readonly (readonly Place[])[]): void {
    const element = elementUnder(event);
    const { answers, prompting } = this.workbench;
    if (!element || tokenOf(element) >= (answers.current?.promptLength ?? 0)) return;
    const clicked = chipAt(answers.chips, tokenOf(element));
    for (const [text, list] of places.entries()) {
      const place = list.find(({ chip }) => chip === clicked);
      if (place) return prompting.edit(element.getRootNode(), text, place.from);
    }
  }

  leave(): void {
    clearTimeout(this.#holding);
    if (this.#held) return;
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
