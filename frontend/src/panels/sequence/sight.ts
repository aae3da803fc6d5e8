/** Bringing parts of a text into sight, in the pane that they scroll in. */

/** After the person scrolled, nothing else scrolls for so long. */
const PAUSE = 800;
/** Blocks that were never seen have an estimated height: a jump is corrected as they get theirs. */
const CORRECTIONS = 8;

export const PANE = "data-pane";

export class Sight {
  #scrolled = -Infinity;

  /** The person scrolls. */
  scrolling(): void {
    this.#scrolled = performance.now();
  }

  /** Scroll an element into the middle of its pane, if it is out of sight and nobody is scrolling. */
  offer(element: HTMLElement | null): void {
    const pane = element?.closest<HTMLElement>(`[${PANE}]`);
    if (!element || !pane || pane.scrollHeight <= pane.clientHeight) return;
    if (performance.now() - this.#scrolled < PAUSE || isSeen(element, pane)) return;
    this.bring(element);
  }

  /** Scroll an element into sight, whatever else goes on. */
  bring(element: HTMLElement | null, block: ScrollLogicalPosition = "center"): void {
    element?.closest("details")?.setAttribute("open", "");
    element?.scrollIntoView?.({ block, behavior: calm() ? "instant" : "smooth" });
    const pane = element?.closest<HTMLElement>(`[${PANE}]`);
    if (element && pane) this.#correct(element, pane, CORRECTIONS);
  }

  /** Once it came to rest: the way there was longer or shorter than it seemed. */
  #correct(element: HTMLElement, pane: HTMLElement, left: number): void {
    const started = performance.now();
    let before = pane.scrollTop;
    const look = () => {
      if (this.#scrolled > started || !element.isConnected || left <= 0) return;
      const moving = pane.scrollTop !== before;
      before = pane.scrollTop;
      if (!moving) {
        if (isSeen(element, pane)) return;
        left--;
        element.scrollIntoView?.({ block: "center", behavior: "instant" });
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(() => requestAnimationFrame(look));
  }
}

/** Whether its first line is inside its pane. */
function isSeen(element: HTMLElement, pane: HTMLElement): boolean {
  const box = element.getClientRects()[0];
  const seen = pane.getBoundingClientRect();
  return box !== undefined && box.top >= seen.top && box.bottom <= seen.bottom;
}

function calm(): boolean {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
