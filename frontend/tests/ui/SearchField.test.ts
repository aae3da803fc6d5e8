import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import SearchField from "../../src/ui/SearchField.svelte";

test("what is typed is told", async () => {
  const oninput = vi.fn();
  render(SearchField, { label: "Find", value: "", oninput });
  await userEvent.type(screen.getByRole("searchbox", { name: "Find" }), "soup");
  expect(oninput).toHaveBeenLastCalledWith("soup");
  expect(screen.queryByRole("button")).toBeNull();
});

test("a button empties it, while something is in it", async () => {
  const oninput = vi.fn();
  const { rerender } = render(SearchField, {
    label: "Find",
    value: "soup",
    oninput,
    clear: "Clear",
  });
  await userEvent.click(screen.getByRole("button", { name: "Clear" }));
  expect(oninput).toHaveBeenLastCalledWith("");
  await rerender({ value: "" });
  expect(screen.getByRole("searchbox")).toHaveValue("");
  expect(screen.queryByRole("button")).toBeNull();
});
