/** From what a person says of an answer to a principle on top of the prompt, as they meet it. */
import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import type { Event, Requests } from "../../src/wire";
import { PROMPT_TEXT } from "../support/fixtures";
import { generated } from "../support/person";

const DRAFTED: Event = { type: "draft", text: "Ask first.", problem: "", cached: false };
const script = (drafted: Event = DRAFTED) => ({
  draft: (): Event[] => [drafted],
  vary: ({ principles = [], template }: Requests["vary"]): Event[] => [
    {
      type: "variants",
      variables: [],
      variants: principles.map((one, i) => ({
        name: `principle ${i + 1}`,
        template: `Principle 1: ${one}\n\n${template as string}`,
        change: "",
      })),
    },
  ],
});
const dialog = () => screen.getByTestId("principle-dialog");
const drafted = async (event?: Event) => {
  const both = await generated(script(event));
  await both.user.click(screen.getByTestId("make-principle"));
  expect(screen.getByTestId("draft")).toBeDisabled();
  await both.user.click(within(dialog()).getByRole("radio", { name: t.principle.kinds.praise }));
  await both.user.type(screen.getByTestId("feedback"), "It asks.");
  await both.user.click(screen.getByTestId("draft"));
  await waitFor(() => expect(screen.getByTestId("principle-text")).not.toHaveValue(""));
  return both;
};

test("feedback becomes a principle on top of the prompt, which can be undone", async () => {
  const { transport, user } = await drafted();
  expect(transport.requests("draft")).toEqual([
    {
      model: "toy",
      prompt: PROMPT_TEXT,
      response: expect.stringContaining("Avoid it.") as string,
      feedback: "It asks.",
      feedback_is: "praise",
    },
  ]);
  expect(screen.queryByTestId("principle-problem")).toBeNull();
  await user.click(screen.getByTestId("insert-principle"));
  await screen.findByText(t.principle.inserted);
  expect(screen.queryByTestId("principle-dialog")).toBeNull();
  const typed = screen.getByTestId("prompt-editor");
  expect(typed).toHaveValue(`Principle 1: Ask first.\n\n${PROMPT_TEXT}`);
  await user.click(screen.getByRole("button", { name: t.editor.undo }));
  await waitFor(() => expect(screen.queryByText(t.principle.inserted)).toBeNull());
});

test("a poor draft is called one, until the person changes it", async () => {
  const { user } = await drafted({
    type: "draft",
    text: "Dogs.",
    problem: "It is a question.",
    cached: false,
  });
  expect(screen.getByTestId("principle-problem")).toHaveTextContent("It is a question.");
  await user.type(screen.getByTestId("principle-text"), " Always.");
  expect(screen.queryByTestId("principle-problem")).toBeNull();
});

test("it can be tried over rows", async () => {
  const { user } = await drafted();
  await user.click(screen.getByTestId("try-principle"));
  const principle = await screen.findByTestId("principle", {}, { timeout: 20_000 });
  expect(principle).toHaveValue("Ask first.");
});

test("one's own needs no model, and what went wrong is told", async () => {
  const error = { code: "CapabilityError", message: "That model can't write.", hint: "" };
  const { user } = await generated({
    ...script(),
    draft: (): Event[] => [{ type: "error", error }],
  });
  await user.click(screen.getByTestId("make-principle"));
  expect(screen.getByTestId("insert-principle")).toBeDisabled();
  await user.type(screen.getByTestId("feedback"), "No.");
  await user.click(screen.getByTestId("draft"));
  expect(await within(dialog()).findByText("That model can't write.")).toBeInTheDocument();
  expect(screen.getByTestId("feedback")).toHaveValue("No.");
  await user.type(screen.getByTestId("principle-text"), "Be brief.");
  expect(screen.getByTestId("insert-principle")).toBeEnabled();
});
