/** Bringing parts of a text into sight, in the pane that they scroll in: nothing else moves. */

/** After the person scrolled, nothing scrolls by itself for so long. */
const PAUSE = 800;
/** Blocks that were never seen have an estimated height: a jump is corrected as they get theirs. */
const CORRECTIONS = 8;

export const PANE = "data-pane";

export class Sight {
  #scrolled = -Infinity;
  #run = 0;

  /** The person scrolls. */
  scrolling(): void {
    this.#scrolled = performance.now();
  }

  /** Scroll an element into the middle of its pane, if it is out of sight and nobody is scrolling. */
  offer(element: HTMLElement | null): void {
    const pane = paneOf(element);
    if (!element || !pane || performance.now() - this.#scrolled < PAUSE) return;
    if (!isSeen(element, pane)) this.#go(element, pane);
  }

  /** Scroll an element into sight, as the person asks for. */
  bring(element: HTMLElement | null, block: ScrollLogicalPosition = "center"): void {
    element?.closest("details")?.setAttribute("open", "");
    const pane = paneOf(element);
    if (!element || !pane) element?.scrollIntoView?.({ block, behavior: behaviour() });
    else if (block !== "nearest" || !isSeen(element, pane)) this.#go(element, pane);
  }

  /** A page up or down, in the pane of the prompt. */
  page(root: HTMLElement | undefined, by: 1 | -1): void {
    const pane = root?.querySelector<HTMLElement>(`[${PANE}]`);
    this.scrolling();
    pane?.scrollBy({ top: by * 0.85 * pane.clientHeight, behavior: behaviour() });
  }

  #go(element: HTMLElement, pane: HTMLElement): void {
    centre(element, pane, behaviour());
    const run = ++this.#run;
    const started = performance.now();
    let before = pane.scrollTop;
    let left = CORRECTIONS;
    /** Once it came to rest: the way there was longer or shorter than it seemed. */
    const look = () => {
      if (run !== this.#run || this.#scrolled > started || !element.isConnected) return;
      const moving = pane.scrollTop !== before;
      before = pane.scrollTop;
      if (!moving) {
        if (isSeen(element, pane) || left-- <= 0) return;
        centre(element, pane, "instant");
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(() => requestAnimationFrame(look));
  }
}

/** The pane that an element scrolls in; null if the page as a whole does. */
function paneOf(element: HTMLElement | null): HTMLElement | null {
  const pane = element?.closest<HTMLElement>(`[${PANE}]`);
  return pane && pane.scrollHeight > pane.clientHeight ? pane : null;
}

function centre(element: HTMLElement, pane: HTMLElement, behavior: ScrollBehavior): void {
  const box = element.getClientRects()[0];
  if (!box) return;
  const above = box.top - pane.getBoundingClientRect().top;
  const top = pane.scrollTop + above - (pane.clientHeight - box.height) / 2;
  pane.scrollTo({ top, behavior });
}

/** Whether its first line is inside its pane. */
function isSeen(element: HTMLElement, pane: HTMLElement): boolean {
  const box = element.getClientRects()[0];
  const seen = pane.getBoundingClientRect();
  return box !== undefined && box.top >= seen.top && box.bottom <= seen.bottom;
}

function behaviour(): ScrollBehavior {
  const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches;
  return calm ? "instant" : "smooth";
}
