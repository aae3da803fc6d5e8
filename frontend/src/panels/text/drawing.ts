/**
 * Writing colours and marks straight to the chips' elements: thousands of them change at
 * once, which is too many for a component framework to look at one by one.
 */
import type { Paint } from "../../model/appearance";
import type { Chip } from "../../model/chips";
import { step } from "../../model/colours";
import type { Span } from "../../wire";

export interface Mark {
  readonly name: "target" | "marked" | "cursor" | "muted" | "dragged" | "removed" | "added";
  readonly span: Span;
}

/** The name under which the browser's performance timeline has the time of writing colours. */
export const RECOLOUR = "recolour";

export class Drawing {
  #elements: readonly (HTMLElement | undefined)[] = [];
  #colours: string[] = [];
  #marks = new Map<number, string>();

  /**
   * Take up the elements of the chips, in order, after the framework made them; the first `absent`
   * chips have none.
   */
  adopt(root: HTMLElement, absent = 0): void {
    const found = root.querySelectorAll<HTMLElement>("[data-token]");
    const elements = [...new Array<undefined>(absent), ...found];
    for (let i = 0; i < elements.length; i++) {
      if (elements[i] === this.#elements[i]) continue;
      this.#colours[i] = ""; // made anew: nothing is written there yet
      this.#marks.delete(i);
    }
    this.#elements = elements;
  }

  /** Give every chip the colour of its strength; only what differs is written. */
  paint(strengths: Float32Array, table: readonly string[], signed: boolean, paint: Paint): void {
    const start = performance.now();
    const property = paint === "tint" ? "backgroundColor" : "borderBottomColor";
    const other = paint === "tint" ? "borderBottomColor" : "backgroundColor";
    const elements = this.#elements;
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i];
      if (!element) continue;
      const colour = table[step(strengths[i] ?? 0, signed)]!;
      const written = paint + colour;
      if (this.#colours[i] === written) continue;
      this.#colours[i] = written;
      const { style } = element;
      style[property] = colour;
      style[other] = "";
    }
    performance.measure(RECOLOUR, { start, end: performance.now() });
  }

  /** Forget what was written: the elements now stand for other chips. */
  reset(): void {
    for (const element of this.#elements) {
      if (!element) continue;
      element.style.backgroundColor = element.style.borderBottomColor = "";
      delete element.dataset.on;
    }
    this.#colours = [];
    this.#marks.clear();
  }

  /** Put names on the chips of each span, and on its two ends. */
  mark(chips: readonly Chip[], marks: readonly Mark[]): void {
    const names = new Map<number, string>();
    for (const { name, span } of marks) {
      const from = firstChip(chips, span[0]);
      const to = firstChip(chips, span[1] - 1);
      const first = visibleFrom(chips, from, to, 1);
      const last = visibleFrom(chips, to, from, -1);
      for (let i = from; i <= to && i < chips.length; i++) {
        const ends = (i === first ? ` ${name}-first` : "") + (i === last ? ` ${name}-last` : "");
        names.set(i, `${names.get(i) ?? ""} ${name}${ends}`);
      }
    }
    for (const i of this.#marks.keys()) {
      if (!names.has(i)) delete this.#elements[i]?.dataset.on;
    }
    for (const [i, text] of names) {
      if (this.#marks.get(i) !== text) this.#elements[i]?.setAttribute("data-on", text.trim());
    }
    this.#marks = names;
  }

  /** The element at which a span begins to be seen. */
  elementOf(chips: readonly Chip[], [start, stop]: Span): HTMLElement | null {
    const [from, to] = [firstChip(chips, start), firstChip(chips, stop - 1)];
    return this.#elements[visibleFrom(chips, from, to, 1)] ?? null;
  }
}

/** The first chip that ends after `token`. */
function firstChip(chips: readonly Chip[], token: number): number {
  let low = 0;
  let high = chips.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chips[middle]!.stop <= token) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first chip from `at` towards `end` that is more than a blank: a line's end has no edge. */
function visibleFrom(chips: readonly Chip[], at: number, end: number, by: 1 | -1): number {
  for (let i = at; by * (end - i) >= 0; i += by) if (chips[i]?.text.trim()) return i;
  return at;
}

/** Run the latest of what is asked once a frame. */
export function frameThrottle(): { ask: (work: () => void) => void; stop: () => void } {
  let latest: (() => void) | null = null;
  let frame = 0;
  return {
    ask(work) {
      latest = work;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        latest?.();
        latest = null;
      });
    },
    stop() {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}
