/**
 * Staying where it was scrolled to: while a cell is out of sight, a notebook may have its layout
 * or the whole of it thrown away, and what scrolls in it is at its top when it is seen again.
 */
import type { Attachment } from "svelte/attachments";

/** Blocks that were never seen have an estimated height, and get theirs frame by frame. */
const FRAMES = 8;
const INDENT = 40; // px, to where lines have begun

export const staying: Attachment<HTMLElement> = (pane) => {
  let top = 0;
  /** What stood in the middle, and how far below the pane's edge it began. */
  let middle: { element: Element; offset: number } | null = null;
  let seen = true;

  const offsetOf = (element: Element) =>
    element.getBoundingClientRect().top - pane.getBoundingClientRect().top;

  function scrolled() {
    if (!seen && pane.scrollTop === 0) return; // nobody did that
    top = pane.scrollTop;
    const { left, top: edge, height } = pane.getBoundingClientRect();
    const root = pane.getRootNode() as Document | ShadowRoot;
    const element = root.elementFromPoint(left + INDENT, edge + height / 2);
    const inside = element !== null && element !== pane && pane.contains(element);
    middle = inside ? { element, offset: offsetOf(element) } : null;
  }

  function settle(left: number, before: typeof middle) {
    if (!seen) return;
    if (before && pane.contains(before.element)) {
      pane.scrollTop += offsetOf(before.element) - before.offset;
    }
    if (left > 0) requestAnimationFrame(() => settle(left - 1, before));
  }

  const observer = new IntersectionObserver((entries) => {
    seen = entries.at(-1)!.isIntersecting;
    if (!seen || top === 0 || pane.scrollTop > 0) return;
    const before = middle;
    pane.scrollTop = top;
    settle(FRAMES, before);
  });
  pane.addEventListener("scroll", scrolled, { passive: true });
  observer.observe(pane);
  return () => {
    seen = false;
    pane.removeEventListener("scroll", scrolled);
    observer.disconnect();
  };
};
