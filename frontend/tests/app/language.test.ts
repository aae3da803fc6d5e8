/** The page in another language than the one it began with. */
import { readdirSync, readFileSync } from "node:fs";
import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test } from "vitest";
import Spoken from "../../src/app/Spoken.svelte";
import { browserStore } from "../../src/page/storage";
import { language } from "../../src/state/language.svelte";
import { Workbench } from "../../src/state/workbench.svelte";
import { speak, t } from "../../src/strings";
import { en } from "../../src/strings/en";
import { tr } from "../../src/strings/tr";
import Notice from "../../src/ui/Notice.svelte";
import { FakeTransport, STATE } from "../support/fixtures";
import { OwnStorage } from "../support/workbench";

afterEach(() => language.choose("en"));

test("another language makes the page anew, and the answer stays", async () => {
  await language.follow(["en"], browserStore, () => Promise.resolve(tr));
  const transport = new FakeTransport({}, STATE);
  const workbench = new Workbench(transport, new OwnStorage());
  void workbench.start();
  render(Spoken, { workbench });
  await screen.findAllByTestId("example");
  const user = userEvent.setup();
  await user.click(screen.getByTestId("generate"));
  await screen.findByText(t.text.finish.stop);
  await user.selectOptions(screen.getByTestId("language"), "tr");
  expect(await screen.findByText(tr.text.finish.stop)).toBeInTheDocument();
  expect(screen.getByTestId("answer-text")).toHaveTextContent("Avoid it.");
  expect(screen.queryByText(en.text.finish.stop)).toBeNull();
  await waitFor(() => expect(browserStore.read("language")).toBe("tr"));
});

test("what the server says in English is led by a word of one's own", () => {
  const error = { code: "DataError", message: "Line 3 is no JSON.", hint: "Fix it." };
  speak("tr", tr);
  const { unmount } = render(Notice, { error });
  expect(screen.getByTestId("error")).toHaveTextContent(/^Bu veri okunamıyor. Line 3 is no JSON./);
  expect(screen.getByText("Fix it.")).toHaveAttribute("lang", "en");
  unmount();
  speak("en", en);
  render(Notice, { error });
  expect(screen.getByTestId("error")).toHaveTextContent(/^Line 3 is no JSON. Fix it.$/);
});

test("what the page says of itself is in its own language", () => {
  speak("tr", tr);
  const own = { code: "PartsDamaged", message: tr.batch.damagedHint, hint: "" };
  const { unmount } = render(Notice, { error: own });
  expect(screen.getByText(tr.batch.damagedHint)).not.toHaveAttribute("lang");
  unmount();
  const error = { code: "RunFailed", message: "No room.", hint: "" };
  render(Notice, { lead: tr.batch.failed, error });
  expect(screen.getByText(tr.batch.failed)).not.toHaveAttribute("lang");
  expect(screen.getByText("No room.")).toHaveAttribute("lang", "en");
});

test("the page's own codes are not the server's, whose words are in English", () => {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" });
  const codes = names
    .filter((name) => /\.(svelte|ts)$/.test(name) && name !== "wire.gen.ts")
    .flatMap((name) => [...readFileSync(`src/${name}`, "utf8").matchAll(/\bcode: "(\w+)"/g)])
    .map((match) => match[1]!);
  expect(codes).toContain("PartsDamaged");
  expect(codes.filter((code) => tr.errors.about(code))).toEqual([]);
});
