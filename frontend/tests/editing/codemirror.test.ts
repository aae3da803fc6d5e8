import { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createEditor } from "../../src/editing/codemirror";
import type { Editor, EditorOptions } from "../../src/host/editor";

const open: Editor[] = [];

// Nothing is drawn here, so nothing has a place.
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy();
  document.body.replaceChildren();
});

function made(text: string, options: Partial<EditorOptions> = {}) {
  const parent = document.body.appendChild(document.createElement("div"));
  const told = { onchange: vi.fn(), onrefused: vi.fn(), onpaste: vi.fn() };
  const editor = createEditor({
    parent,
    text,
    attributes: { "aria-label": "Prompt", "data-testid": "editor" },
    placeholder: "Type",
    phrases: { Find: "Bul" },
    memory: null,
    isTooLong: (length) => length > 100,
    ...told,
    ...options,
  });
  open.push(editor);
  const content = parent.querySelector<HTMLElement>(".cm-content")!;
  const tinted = () =>
    [...content.querySelectorAll<HTMLElement>("[style*=background]")].map((one) => one.textContent);
  /** A person types at the beginning. */
  const type = (words: string) => {
    content.querySelector(".cm-line")!.prepend(words);
    return vi.waitFor(() => expect(told.onchange.mock.lastCall?.[0]).toContain(words));
  };
  const undo = () =>
    content.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
  return { editor, parent, content, tinted, type, undo, ...told };
}

const TINT = { from: 4, to: 7, style: "background-color: rgb(1 2 3)" };

describe("the editor", () => {
  test("has a name, and shows every line of the text as it is", () => {
    const { content } = made("one\r\ntwo\n\nthree");
    expect(content).toHaveAttribute("aria-label", "Prompt");
    expect(content).toHaveAttribute("data-testid", "editor");
    expect(content.querySelectorAll(".cm-line")).toHaveLength(4);
  });

  test("tells what is typed, and not what it is given", async () => {
    const { editor, type, onchange } = made("one");
    editor.replace("two");
    expect(onchange).not.toHaveBeenCalled();
    await type("Well, ");
    expect(onchange).toHaveBeenLastCalledWith("Well, two");
  });

  test("keeps a carriage return, which the model reads", async () => {
    const { type, onchange } = made("one\r\ntwo");
    await type("A");
    expect(onchange).toHaveBeenLastCalledWith("Aone\r\ntwo");
  });

  test("carries tints along as the text changes", async () => {
    const { editor, tinted, type } = made("one two three");
    editor.tint([TINT, { ...TINT, from: 8, to: 99 }]);
    expect(tinted()).toEqual(["two", "three"]);
    await type("And ");
    expect(tinted()).toEqual(["two", "three"]);
    editor.tint([]);
    expect(tinted()).toEqual([]);
  });

  test("refuses more than fits, and what was there stays", async () => {
    const { content, onchange, onrefused } = made("one");
    content.querySelector(".cm-line")!.prepend("x".repeat(200));
    await vi.waitFor(() => expect(onrefused).toHaveBeenCalled());
    expect(onchange).not.toHaveBeenCalled();
    expect(content).toHaveTextContent(/^one$/);
  });

  test("undoes what was typed and what it was given, another one of the same text, too", async () => {
    const first = made("one");
    await first.type("A ");
    first.editor.replace("two");
    const memory = first.editor.destroy();
    open.length = 0;
    const second = made("two", { memory });
    second.undo();
    expect(second.onchange).toHaveBeenLastCalledWith("A one");
    second.undo();
    expect(second.onchange).toHaveBeenLastCalledWith("one");
  });

  test("made for another text, it does not go back to what it knew", async () => {
    const first = made("one");
    await first.type("A ");
    const memory = first.editor.destroy();
    open.length = 0;
    const second = made("from elsewhere", { memory });
    second.undo();
    expect(second.onchange).not.toHaveBeenCalled();
    expect(second.content).toHaveTextContent("from elsewhere");
  });

  test("moves the caret into sight, but not from where somebody types or selects", async () => {
    const before = made("one\ntwo");
    before.editor.focus(4);
    const memory = before.editor.destroy();
    const again = () => {
      const one = made("one\ntwo", { memory });
      const selection = () => EditorView.findFromDOM(one.content)!.state.selection.main;
      expect(selection()).toMatchObject({ from: 4, to: 4 });
      return { ...one, selection };
    };
    const untouched = again();
    untouched.editor.moveIntoSight(null);
    expect(untouched.selection()).toMatchObject({ from: 0, to: 0 });
    const selected = again();
    selected.editor.focus(0, 7);
    selected.editor.moveIntoSight(null);
    expect(selected.selection()).toMatchObject({ from: 0, to: 7 });
    const typed = again();
    await typed.type("Well, ");
    const { head } = typed.selection();
    expect(head).not.toBe(0);
    typed.editor.moveIntoSight(null);
    expect(typed.selection().head).toBe(head);
  });

  test("lets a text that is too long get shorter", async () => {
    const { content, onchange, onrefused } = made("x".repeat(200));
    content.querySelector(".cm-line")!.textContent = "x".repeat(150);
    await vi.waitFor(() => expect(onchange).toHaveBeenCalledWith("x".repeat(150)));
    expect(onrefused).not.toHaveBeenCalled();
  });
});
