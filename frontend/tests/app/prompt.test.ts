/** Typing prompts, and choosing how they are answered, as a person does it on the page. */
import { fireEvent, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import { READY, STATE } from "../support/fixtures";
import { open } from "../support/person";

test("an edited prompt: told, compared, kept, removed", async () => {
  const { user } = await open();
  await user.type(screen.getByTestId("prompt-editor"), " more");
  expect(screen.getByTestId("edited")).toBeInTheDocument();
  await user.click(screen.getByText(t.editor.compare));
  expect(screen.getByTestId("difference").querySelector("ins")).toHaveTextContent("more");
  await user.click(screen.getByLabelText(t.app.close));
  await user.click(screen.getByText(t.editor.add));
  const added = screen.getAllByTestId("example")[0]!;
  expect(added).toHaveTextContent("first, edited");
  expect(added).toHaveAttribute("aria-pressed", "true");
  await user.click(screen.getByLabelText(t.examples.remove("first, edited")));
  expect(screen.getAllByTestId("example")).toHaveLength(3);
});

test("a chat has turns with roles", async () => {
  const { user, transport } = await open();
  await user.click(screen.getByText("chat"));
  expect(screen.getAllByTestId("message")).toHaveLength(1);
  await user.click(screen.getByText(t.editor.addMessage));
  await user.selectOptions(screen.getByLabelText(t.editor.role(2)), "system");
  await user.type(screen.getByLabelText(t.editor.message(2)), "Be terse");
  await user.click(screen.getByTestId("generate"));
  expect(transport.requests("generate")[0]!.reference.prompt).toEqual([
    { role: "user", content: "Hello" },
    { role: "system", content: "Be terse" },
  ]);
  await user.click(await screen.findByTestId("edit-prompt"));
  await user.click(screen.getByLabelText(t.editor.moveUp(2)));
  expect(screen.getByLabelText(t.editor.message(1))).toHaveValue("Be terse");
  await user.click(screen.getByLabelText(t.editor.removeMessage(1)));
  expect(screen.getAllByTestId("message")).toHaveLength(1);
  await user.type(screen.getByLabelText(t.editor.message(1)), "!");
  await user.click(screen.getByText(t.editor.undo)); // and what was typed since stays
  expect(screen.getByLabelText(t.editor.message(1))).toHaveValue("Be terse");
  expect(screen.getByLabelText(t.editor.message(2))).toHaveValue("Hello!");
});

test("searching", async () => {
  const { user } = await open();
  const box = screen.getByRole("searchbox", { name: t.examples.search });
  await user.type(box, "menu");
  expect(screen.getAllByTestId("example")).toHaveLength(1);
  await user.type(box, "zzz");
  expect(screen.getByText(t.examples.none("menuzzz"))).toBeInTheDocument();
  await user.click(screen.getByLabelText(t.examples.clearSearch));
  expect(screen.getAllByTestId("example")).toHaveLength(3);
});

test("options: numbers in range, stop strings with line ends", async () => {
  const { user, transport } = await open();
  await user.click(screen.getByTestId("options"));
  const change = (label: string, value: string) =>
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
  await change(t.options.maxNewTokens, "12");
  await change(t.options.temperature, "99");
  await change(t.options.seed, "7");
  await change(t.options.stop, "\\n\nEnd\\\\");
  await user.click(screen.getByTestId("generate"));
  expect(transport.requests("generate")[0]!.options).toEqual({
    max_new_tokens: 12,
    temperature: 10,
    top_p: 1,
    seed: 7,
    stop: ["\n", "End\\"],
  });
});

test("what a model does not take is its own, and can't be chosen", async () => {
  const model = { ...READY, untaken: ["temperature", "top_p", "seed"] };
  const load = () => [{ type: "model" as const, model }];
  const { user, transport } = await open({ load }, { ...STATE, models: [model] });
  expect(screen.getByTestId("options")).toHaveTextContent(t.options.summary(128, null));
  await user.click(screen.getByTestId("options"));
  for (const label of [t.options.temperature, t.options.topP, t.options.seed]) {
    const field = screen.getByLabelText<HTMLInputElement>(label);
    expect(field).toBeDisabled();
    expect(field.value).toBe("");
    expect(field.placeholder).toBe(t.options.own);
  }
  await user.click(screen.getByTestId("generate"));
  expect(transport.requests("generate")[0]!.options).toMatchObject({
    temperature: null,
    top_p: 1,
    seed: null,
  });
});

test("an answer ends where its example says, unless the person says otherwise", async () => {
  const [set] = STATE.datasets;
  const [first, second, chat] = set!.examples;
  const ended = (stop: string) => ({
    ...first!,
    id: stop,
    prompt: `Ask ${stop}`,
    fields: { stop: [stop] },
  });
  const examples = [ended("\n\n"), ended("End"), second!, chat!];
  const { user, transport } = await open({}, { ...STATE, datasets: [{ ...set!, examples }] });
  await user.click(screen.getByTestId("options"));
  const field = () => screen.getByLabelText(t.options.stop);
  const pick = async (at: number) => user.click(screen.getAllByTestId("example")[at]!);
  expect(field()).toHaveValue("\\n\\n");
  await fireEvent.change(screen.getByLabelText(t.options.temperature), { target: { value: "1" } });
  await pick(1);
  expect(field()).toHaveValue("End");
  await fireEvent.change(field(), { target: { value: "Mine" } });
  await pick(2);
  expect(field()).toHaveValue("Mine");
  await pick(0);
  expect(field()).toHaveValue("\\n\\n");
  await user.click(screen.getByTestId("generate"));
  expect(transport.requests("generate")[0]!.options).toMatchObject({
    temperature: 1,
    stop: ["\n\n"],
  });
});

test("an empty prompt can't be sent, and says so", async () => {
  const { user } = await open();
  await user.click(screen.getByText(t.examples.blank));
  expect(screen.getByTestId("generate")).toBeDisabled();
  expect(screen.getByText(t.generate.emptyPrompt)).toBeInTheDocument();
  expect(screen.getByTestId("empty")).toHaveTextContent(t.text.start);
});

test("a paste that is too large is refused, and what was there stays", async () => {
  await open();
  const prompt = screen.getByTestId<HTMLTextAreaElement>("prompt-editor");
  const before = prompt.value;
  const huge = "x".repeat(STATE.limits.prompt_characters + 1);
  const paste = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(paste, { clipboardData: { getData: () => huge } });
  await fireEvent(prompt, paste);
  expect(paste.defaultPrevented).toBe(true);
  expect(await screen.findByTestId("error")).toHaveTextContent("2,000,000");
  await fireEvent.input(prompt, { target: { value: huge } });
  expect(prompt.value).toBe(before);
});

test("how long a prompt or a foil may be is the server's to say", async () => {
  const state = { ...STATE, limits: { ...STATE.limits, prompt_characters: 20 } };
  await open({}, state);
  const prompt = screen.getByTestId<HTMLTextAreaElement>("prompt-editor");
  await fireEvent.input(prompt, { target: { value: "short" } });
  await fireEvent.input(prompt, { target: { value: "x".repeat(21) } });
  expect(await screen.findByTestId("error")).toHaveTextContent(t.editor.tooLong(20));
  await fireEvent.input(prompt, { target: { value: "😀".repeat(20) } }); // characters, not units
  expect(prompt.value).toBe("😀".repeat(20));
});
