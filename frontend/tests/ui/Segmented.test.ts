import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import Segmented from "../../src/ui/Segmented.svelte";

const choices = [
  { value: "sum", label: "Sum" },
  { value: "mean", label: "Mean" },
];

test("one of a few choices is on, and another can be taken", async () => {
  const onchange = vi.fn();
  render(Segmented, { label: "Join by", choices, value: "sum", onchange });
  expect(screen.getByRole("group", { name: "Join by" })).toBeEnabled();
  expect(screen.getByLabelText("Sum")).toBeChecked();
  await userEvent.click(screen.getByLabelText("Mean"));
  expect(onchange).toHaveBeenCalledExactlyOnceWith("mean");
});

test("where there is nothing to choose it says why", () => {
  const reason = "There is nothing to join.";
  render(Segmented, {
    label: "Join by",
    choices,
    value: "sum",
    onchange: vi.fn(),
    disabled: true,
    reason,
  });
  expect(screen.getByRole("group", { name: `Join by. ${reason}` })).toBeDisabled();
});
