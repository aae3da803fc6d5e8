/** What a person does on the page, for tests of components. */
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect } from "vitest";
import App from "../../src/app/App.svelte";
import type { Transport } from "../../src/host/transport";
import { browserStore } from "../../src/page/storage";
import { system } from "../../src/page/surroundings";
import { theme } from "../../src/state/theme.svelte";
import { Workbench } from "../../src/state/workbench.svelte";
import { t } from "../../src/strings";
import type { State } from "../../src/wire";
import { FakeTransport, STATE } from "./fixtures";
import { OwnStorage } from "./workbench";

theme.follow(system, browserStore);

/** The page over a transport. */
export function show(transport: Transport) {
  const workbench = new Workbench(transport, new OwnStorage());
  void workbench.start();
  return render(App, { workbench });
}

export async function open(script = {}, state: State = STATE, seen = "example") {
  const transport = new FakeTransport(script, state);
  const user = userEvent.setup();
  show(transport);
  await screen.findAllByTestId(seen);
  return { transport, user };
}

export async function generated(script = {}) {
  const both = await open(script);
  await both.user.click(screen.getByTestId("generate"));
  await screen.findByText(t.text.finish.stop);
  return both;
}

/** An answer that does not come. */
export async function* forever(): AsyncGenerator<never> {
  yield await new Promise<never>(() => undefined);
}

export const chip = (start: number) =>
  document.querySelector<HTMLElement>(`[data-token="${start}"]`)!;

export async function pick(start: number, init = {}) {
  await fireEvent.pointerDown(chip(start), { button: 0, ...init });
  await fireEvent.pointerUp(window);
}

/** With the answer's second line explained, by the prompt and the answer's first line. */
export async function explained(script = {}) {
  const both = await generated(script);
  await pick(9);
  await waitFor(() =>
    expect(screen.getByTestId("influences")).toHaveAttribute("aria-busy", "false"),
  );
  await both.user.click(screen.getByRole("radio", { name: t.influences.ofBoth }));
  expect(screen.getAllByTestId("influence")).toHaveLength(4);
  return both;
}
