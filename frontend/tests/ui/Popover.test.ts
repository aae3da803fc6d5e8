import { render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import Popover from "../../src/ui/Popover.svelte";

const children = createRawSnippet(() => ({ render: () => "<p>Words</p>" }));

function anchorAt(top: number): HTMLElement {
  const anchor = document.createElement("button");
  const box = { left: 40, top, bottom: top + 20 } as DOMRect;
  vi.spyOn(anchor, "getClientRects").mockReturnValue([box] as unknown as DOMRectList);
  return anchor;
}

function shownAt(top: number): HTMLElement {
  const anchor = anchorAt(top);
  render(Popover, { props: { kind: "manual", anchor, width: 200, testid: "card", children } });
  return screen.getByTestId("card");
}

afterEach(() => vi.restoreAllMocks());

test("stands under what it is about", () => {
  const card = shownAt(100);
  expect(card).toHaveTextContent("Words");
  expect(card.style).toMatchObject({ left: "40px", top: "128px", width: "200px" });
});

test("stands over it where there is no room below", () => {
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(300);
  expect(shownAt(innerHeight - 30).style.top).toBe(`${innerHeight - 30 - 300 - 8}px`);
});
