/** Saving what is seen as a file, as a person meets it. */
import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { t } from "../../src/strings";
import type { Event } from "../../src/wire";
import { explained, forever, generated } from "../support/person";

const MADE: Event = { type: "exported", text: "a,b\n", name: "backlit-it.csv", report: "r" };
const SCRIPT = { export: (): Event[] => [MADE] };
const saved: { name: string; content: Blob }[] = [];

beforeEach(() => {
  saved.length = 0;
  let latest = new Blob();
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    saved.push({ name: this.download, content: latest });
  });
  URL.createObjectURL = (content) => {
    latest = content as Blob;
    return "blob:it";
  };
  URL.revokeObjectURL = vi.fn();
});

const dialog = () => screen.getByTestId("export");
const form = (name: keyof typeof t.exporting.forms) =>
  within(dialog()).getByRole("radio", { name: new RegExp(`^${t.exporting.forms[name].name}`) });

test("a file is saved in the form and without the parts that are chosen", async () => {
  const { user, transport } = await explained(SCRIPT);
  await user.click(screen.getByTestId("export-open"));
  expect(form("html")).toBeChecked();
  await user.type(screen.getByTestId("export-note"), "Look.");
  await user.click(form("csv"));
  expect(screen.queryByTestId("export-note")).toBeNull();
  await user.click(screen.getByTestId("without-prompt"));
  await user.click(screen.getByTestId("download"));
  await within(dialog()).findByText(t.exporting.saved("backlit-it.csv"));
  const request = transport.requests("export").at(-1)!;
  expect(request).toMatchObject({ form: "csv", without: ["prompt"] });
  expect(saved.map(({ name }) => name)).toEqual(["backlit-it.csv"]);
  expect(await saved[0]!.content.text()).toContain("a,b\n");
});

test("what went wrong is told, and the dialog stays as it was", async () => {
  const error = { code: "InputError", message: "That did not work.", hint: "" };
  const { user } = await explained({ export: (): Event[] => [{ type: "error", error }] });
  await user.click(screen.getByTestId("export-open"));
  await user.type(screen.getByTestId("export-note"), "Look.");
  await user.click(screen.getByTestId("download"));
  expect(await within(dialog()).findByText("That did not work.")).toBeInTheDocument();
  expect(screen.getByTestId("export-note")).toHaveValue("Look.");
  expect(saved).toEqual([]);
});

test("closing it stops what is being made", async () => {
  const { user, transport } = await explained({ export: forever });
  await user.click(screen.getByTestId("export-open"));
  await user.click(screen.getByTestId("download"));
  expect(screen.getByTestId("download")).toBeDisabled();
  await user.click(screen.getByRole("button", { name: t.app.close }));
  await waitFor(() => expect(screen.queryByTestId("export")).toBeNull());
  const asked = transport.asked.find(({ kind }) => kind === "export")!;
  expect(asked.signal.aborted).toBe(true);
  expect(saved).toEqual([]);
});

test("a picture that can’t be drawn is told", async () => {
  const { user } = await explained(SCRIPT);
  await user.click(screen.getByTestId("export-open"));
  await user.click(form("png"));
  HTMLImageElement.prototype.decode = () => Promise.reject(new Error("no"));
  await user.click(screen.getByTestId("download"));
  expect(await within(dialog()).findByText(t.exporting.tooLarge)).toBeInTheDocument();
});

test("without a target there is no finding to export", async () => {
  await generated(SCRIPT);
  expect(screen.queryByTestId("export-open")).toBeNull();
});
