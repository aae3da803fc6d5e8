/** What jsdom lacks and the page uses. */
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach, vi } from "vitest";
import "@testing-library/jest-dom/vitest";
import "fake-indexeddb/auto";

configure({ asyncUtilTimeout: 20_000 }); // a busy machine takes as long as it takes

vi.stubGlobal(
  "matchMedia",
  vi.fn(() => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() })),
);

vi.stubGlobal(
  "ResizeObserver",
  class {
    observe = vi.fn(); // nothing is laid out here
    unobserve = vi.fn();
    disconnect = vi.fn();
  },
);

vi.stubGlobal(
  "IntersectionObserver",
  class {
    constructor(private readonly seen: (entries: { isIntersecting: boolean }[]) => void) {}
    observe = () => this.seen([{ isIntersecting: true }]); // all is in sight
    disconnect = vi.fn();
  },
);

Object.assign(HTMLDialogElement.prototype, {
  showModal(this: HTMLDialogElement) {
    this.open = true;
  },
  close(this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  },
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
});
