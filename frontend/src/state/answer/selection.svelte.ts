/** Where the person points: the target, the cursor of the keyboard, and what is marked. */
import { sameSpan, spanAt, union } from "../../model/spans";
import type { Way } from "../../model/ways";
import type { Span } from "../../wire";

export class Selection {
  /** The tokens that are explained. */
  target = $state.raw<Span | null>(null);
  /** The target was picked before it was known where segments end. */
  provisional = $state(false);
  /** The segment the keyboard is on; the selection runs from `anchor` to it. */
  cursor = $state.raw<Span | null>(null);
  anchor = $state.raw<Span | null>(null);
  /** What the pointer is over, in the text or in the list of influences. */
  marked = $state.raw<Span | null>(null);
  /** The way to the target that the pointer is over, in the list of those. */
  followed = $state.raw<Way | null>(null);
  /** A target being dragged, before the button is let go. */
  dragged = $state.raw<Span | null>(null);

  /** What to bring into sight, and where: asked for in the other place. */
  revealed = $state.raw<{ span: Span; place: "text" | "list" | "both" } | null>(null);

  clear(): void {
    this.revealed = this.followed = null;
    this.provisional = false;
    this.target = this.cursor = this.anchor = this.marked = this.dragged = null;
  }

  /** This is the target now; nothing is being selected any more. */
  pick(target: Span | null, provisional: boolean): void {
    this.release();
    this.followed = this.revealed = this.marked = null;
    this.target = target;
    this.provisional = provisional;
  }

  mark(span: Span | null): void {
    if (!sameSpan(this.marked, span)) this.marked = span;
  }

  follow(way: Way | null): void {
    this.followed = way;
  }

  drag(span: Span | null): void {
    this.dragged = span;
  }

  /** Bring a span into sight, in the text or in the list of influences. */
  reveal(span: Span, place: "text" | "list"): void {
    this.revealed = { span, place };
  }

  /** Go to the next of these, or the one before, round and round. */
  walk(order: readonly Span[], by: 1 | -1): void {
    const at = order.findIndex((span) => sameSpan(span, this.revealed?.span ?? null));
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : at + by + order.length;
    const span = order[next % order.length];
    if (!span) return;
    this.mark(span);
    this.revealed = { span, place: "both" };
  }

  /** Let go of what is selected and not picked; false if that is nothing. */
  release(): boolean {
    const selecting = this.anchor !== null || this.dragged !== null;
    this.anchor = this.dragged = null;
    return selecting;
  }

  /** The cursor stands on segments of another kind. */
  forgetCursor(): void {
    this.cursor = this.anchor = null;
  }

  /** What Enter would make the target: the segments from the anchor to the cursor. */
  get selected(): Span | null {
    if (!this.cursor) return null;
    return this.anchor ? union(this.anchor, this.cursor) : this.cursor;
  }

  /**
   * Move the cursor by segments. It starts at the target, or where the answer does.
   * With `extend`, what is selected grows or shrinks at the cursor's end.
   */
  move(segments: readonly Span[], by: number, extend: boolean, answerStart: number): void {
    if (segments.length === 0) return;
    const from = this.cursor ?? this.target;
    let index: number;
    if (from) {
      const at = spanAt(segments, by > 0 && !this.cursor ? from[1] - 1 : from[0]);
      index = this.cursor || extend ? at + by : at;
    } else {
      index = spanAt(segments, answerStart);
      if (index < 0) index = segments.length - 1;
    }
    const next = segments[Math.max(0, Math.min(segments.length - 1, index))]!;
    if (!extend) this.anchor = null;
    else this.anchor ??= from;
    this.cursor = next;
  }

  /** Put the cursor on one segment. */
  place(segment: Span, extend: boolean): void {
    if (extend) this.anchor ??= this.cursor ?? this.target;
    else this.anchor = null;
    this.cursor = segment;
  }
}
