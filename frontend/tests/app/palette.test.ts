/** Doing things by their names. */
import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { type Command, matching } from "../../src/app/commands";
import { t } from "../../src/strings";
import { generated, open } from "../support/person";

const named = (name: string, more: Partial<Command> = {}): Command => ({
  id: name,
  name,
  run: () => undefined,
  ...more,
});
const palette = () => screen.getByTestId("palette");
const shown = () => within(palette()).getAllByTestId("command");

test("what has every word is found, what begins with them first", () => {
  const all = [named("Go to Grid"), named("Grid of lines"), named("menu", { about: "grid" })];
  expect(matching(all, " GRID ").map(({ name }) => name)).toEqual([
    "Grid of lines",
    "Go to Grid",
    "menu",
  ]);
  expect(matching(all, "to gri").map(({ name }) => name)).toEqual(["Go to Grid"]);
  expect(matching(all, "nothing")).toEqual([]);
  expect(matching([named("menu", { group: "example" })], "example")).toHaveLength(1);
});

test("no more are shown than anybody reads", () => {
  const all = Array.from({ length: 200 }, (_, i) => named(`row ${i}`));
  expect(matching(all, "row")).toHaveLength(50);
});

test("a view is gone to by a few letters and Enter, also while typing", async () => {
  const { user } = await open();
  await user.click(screen.getByTestId("prompt-editor"));
  await user.keyboard("{Control>}k{/Control}");
  await user.keyboard("to gri");
  expect(shown()).toHaveLength(1);
  await user.keyboard("{Enter}");
  await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
  expect(screen.getByRole("radio", { name: t.views.names.grid })).toBeChecked();
});

test("arrows walk round; what can't be done is not there", async () => {
  const { user } = await open();
  await user.keyboard("{Control>}k{/Control}");
  expect(within(palette()).queryByText(t.comparing.try)).toBeNull();
  const box = within(palette()).getByRole("combobox");
  await user.keyboard("{ArrowUp}");
  expect(shown().at(-1)).toHaveAttribute("aria-selected", "true");
  expect(box).toHaveAttribute("aria-activedescendant", shown().at(-1)!.id);
  await user.keyboard("{ArrowDown}");
  expect(shown()[0]).toHaveAttribute("aria-selected", "true");
  await user.type(box, "no such thing");
  expect(within(palette()).getByRole("status")).toHaveTextContent(t.palette.none("no such thing"));
  await user.keyboard("{Enter}");
  expect(palette()).toBeInTheDocument();
});

test("an answer can be changed, and its run gone to", async () => {
  const { user } = await generated();
  await user.keyboard("{Control>}k{/Control}");
  await user.click(within(palette()).getByText(t.comparing.try));
  await screen.findByTestId("compare");
  await user.keyboard("{Control>}k{/Control}");
  await user.click(within(palette()).getByText(t.palette.view(t.views.names.look)));
  await screen.findByTestId("answer-text");
});

test("a pane is folded by its name, and brought back", async () => {
  const { user } = await open();
  const pane = t.app.libraryPane;
  await user.keyboard("{Control>}k{/Control}");
  await user.click(within(palette()).getByText(t.layout.fold(pane)));
  expect(await screen.findByTestId("unfold-library")).toHaveTextContent(pane);
  await user.keyboard("{Control>}k{/Control}");
  await user.click(within(palette()).getByText(t.layout.unfold(pane)));
  expect(await screen.findByTestId("fold-library")).toBeInTheDocument();
});
