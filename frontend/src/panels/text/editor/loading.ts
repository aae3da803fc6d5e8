/** How the page comes by its text editor: in its own time, or never; and where one is wanted. */
import { getContext, setContext } from "svelte";
import type { LoadEditor } from "../../../host/editor";

const KEY = Symbol("editor");

export function provideEditor(load: LoadEditor | null): void {
  setContext(KEY, load);
}

/** Null where none can be had: then a text area does. */
export function useEditor(): LoadEditor | null {
  return getContext<LoadEditor | null>(KEY) ?? null;
}

/** Call `near` once an element is in sight, or nearly; what is returned stops waiting for that. */
export function onceNear(element: Element, near: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      near();
    },
    { root: element.closest("[data-pane]"), rootMargin: "400px 0px" },
  );
  observer.observe(element);
  return () => observer.disconnect();
}
