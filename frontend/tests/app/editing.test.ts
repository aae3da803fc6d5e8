/** The prompt where it is read, typed on by a person; the editor itself has tests of its own. */
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import App from "../../src/app/App.svelte";
import type { Editor, EditorOptions } from "../../src/host/editor";
import { TabStorage } from "../../src/page/storage";
import { Workbench } from "../../src/state/workbench.svelte";
import { t } from "../../src/strings";
import { FakeTransport, PROMPT_TEXT, READY, STATE } from "../support/fixtures";
import { chip, explained, generated, open } from "../support/person";

const READ = { ...STATE, models: [READY] };
const prompt = () => screen.getByTestId<HTMLTextAreaElement>("prompt-editor");

describe("reading and typing", () => {
  test("an answered prompt is read, and typed on as the person says", async () => {
    const { user } = await generated();
    expect(screen.queryByTestId("prompt-editor")).toBeNull();
    await user.click(screen.getByTestId("edit-prompt"));
    expect(prompt()).toHaveValue(PROMPT_TEXT);
    await user.click(screen.getByTestId("done-editing"));
    expect(screen.queryByTestId("prompt-editor")).toBeNull();
    await user.keyboard("e");
    expect(prompt()).toBeInTheDocument();
    await user.type(prompt(), "{Escape}");
    expect(screen.queryByTestId("prompt-editor")).toBeNull();
    await fireEvent.dblClick(chip(1));
    expect(prompt()).toBeInTheDocument();
  });

  test("what was changed stays in the editor until it is answered or taken back", async () => {
    const { user } = await explained();
    await user.click(screen.getByTestId("edit-prompt"));
    await user.type(prompt(), " more");
    expect(screen.getByTestId("changed")).toHaveTextContent(t.text.changed);
    expect(screen.queryByTestId("done-editing")).toBeNull();
    await user.type(prompt(), "{Escape}");
    expect(prompt()).toHaveValue(`${PROMPT_TEXT} more`);
    expect(screen.getAllByTestId("influence")).toHaveLength(4); // of the text before
    await user.type(prompt(), "{Backspace>5/}");
    expect(prompt()).toHaveValue(PROMPT_TEXT); // as it was: it stays until the person says so
    await user.type(prompt(), " more");
    await user.click(screen.getByText(t.editor.revert));
    expect(screen.queryByTestId("prompt-editor")).toBeNull();
    await user.click(screen.getByText(t.editor.undo));
    expect(prompt()).toHaveValue(`${PROMPT_TEXT} more`);
  });
});

describe("the editor", () => {
  /** The page with an editor that tells what it was given. */
  async function withEditor(script = {}) {
    const made: { options: EditorOptions; editor: Editor }[] = [];
    const loadEditor = () =>
      Promise.resolve((options: EditorOptions) => {
        const editor = {
          replace: vi.fn(),
          tint: vi.fn(),
          focus: vi.fn(),
          moveIntoSight: vi.fn(),
          destroy: () => `memory of ${options.text}`,
        };
        made.push({ options, editor });
        return editor;
      });
    const workbench = new Workbench(new FakeTransport(script, READ), new TabStorage());
    void workbench.start();
    render(App, { workbench, loadEditor });
    await screen.findAllByTestId("example");
    await waitFor(() => expect(made).not.toEqual([]));
    return { made, workbench, user: userEvent.setup() };
  }

  test("takes the area's place, with its name, and tells what is typed", async () => {
    const { made, workbench } = await withEditor();
    expect(screen.queryByTestId("prompt-editor")).toBeNull();
    const { options } = made.at(-1)!;
    expect(options.attributes).toEqual({
      "aria-label": t.editor.title,
      "data-testid": "prompt-editor",
    });
    options.onchange("typed");
    expect(workbench.session.draft.text).toBe("typed");
    options.onrefused();
    expect(await screen.findByTestId("error")).toHaveTextContent("2,000,000");
    expect(options.isTooLong(2_000_001, () => "x".repeat(2_000_001))).toBe(true);
  });

  test("has the colours of the map, and where it left off", async () => {
    const { made, workbench, user } = await withEditor();
    const first = made.at(-1)!.options.text;
    await user.click(screen.getByTestId("generate"));
    await screen.findByText(t.text.finish.stop);
    workbench.setTarget([8, 10]);
    await waitFor(() => expect(screen.getAllByTestId("influence")).toHaveLength(3));
    workbench.prompting.edit(document, 0, 3);
    await waitFor(() => expect(made.at(-1)!.editor.focus).toHaveBeenCalledWith(3, 3));
    const { editor, options } = made.at(-1)!;
    expect(options.memory).toBe(`memory of ${first}`);
    await waitFor(() => {
      const tints = vi.mocked(editor.tint).mock.lastCall![0];
      const spans = [[0, 11], [11, 21], [21, 28]]; // prettier-ignore
      expect(tints.map(({ from, to }) => [from, to])).toEqual(spans); // of its three lines
    });
  });

  test("that can't be had leaves the area", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const workbench = new Workbench(new FakeTransport({}, READ), new TabStorage());
    void workbench.start();
    render(App, { workbench, loadEditor: () => Promise.reject(new Error("gone")) });
    await waitFor(() => expect(warned).toHaveBeenCalled());
    expect(prompt()).toBeInTheDocument();
    warned.mockRestore();
  });
});

describe("a conversation from elsewhere", () => {
  const asked = { role: "user", content: "Is it hot?" };
  const both = JSON.stringify({ messages: [asked, { role: "assistant", content: "Yes." }] });

  test("becomes the chat and its answer", async () => {
    const { user, transport } = await open({}, READ);
    await user.click(screen.getByTestId("paste-conversation"));
    const area = screen.getByTestId("conversation");
    await fireEvent.input(area, { target: { value: "[1" } });
    expect(screen.getByTestId("conversation-found")).toHaveTextContent(t.conversation.none);
    expect(screen.getByTestId("take-conversation")).toBeDisabled();
    await fireEvent.input(area, { target: { value: both } });
    expect(screen.getByTestId("conversation-found")).toHaveTextContent("1 message and an answer");
    await user.click(screen.getByTestId("take-conversation"));
    expect(screen.getAllByTestId("example")[0]).toHaveTextContent(t.conversation.name(1));
    expect(transport.requests("respond")[0]).toMatchObject({
      reference: { prompt: [asked] },
      response: "Yes.",
    });
  });

  test("that is pasted as text can be shown as a chat, and what was typed is kept", async () => {
    const { user } = await open({}, READ);
    await user.type(prompt(), " mine");
    const typed = prompt().value;
    const paste = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(paste, { clipboardData: { getData: () => both } });
    await fireEvent(prompt(), paste);
    await fireEvent.input(prompt(), { target: { value: typed + both } });
    await user.click(screen.getByText(t.conversation.take));
    expect(await screen.findByTestId("edit-prompt")).toBeInTheDocument(); // it is answered
    await user.click(screen.getAllByTestId("example")[1]!);
    expect(prompt()).toHaveValue(typed);
  });
});

test("tokens are counted as the person pauses, and what is too long is told", async () => {
  let long = false;
  const script = {
    count: () =>
      long
        ? [{ type: "error", error: { code: "PromptError", message: "Too long.", hint: "" } }]
        : [{ type: "count", tokens: 7 }],
  };
  const { user } = await open(script, READ);
  expect(await screen.findByTestId("token-count")).toHaveTextContent("7 of 512 tokens");
  long = true;
  await user.type(prompt(), " and more");
  expect(await screen.findByTestId("too-long")).toHaveTextContent("Too long.");
  long = false;
  await user.clear(prompt());
  await waitFor(() => expect(screen.queryByTestId("too-long")).toBeNull());
  expect(screen.queryByTestId("token-count")).toBeNull(); // there is nothing to count
});
