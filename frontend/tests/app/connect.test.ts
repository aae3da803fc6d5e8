/** Connecting a server's model, as a person meets it. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { t } from "../../src/strings";
import type { Event, ModelInfo, State } from "../../src/wire";
import { READY, STATE } from "../support/fixtures";
import { forever, open } from "../support/person";

const REMOTE: ModelInfo = { ...READY, name: "remote", metadata: { engine: "endpoint" } };
const ANYWHERE: State = { ...STATE, connectable: { anywhere: true, origins: [] } };
const SAME: State = { ...STATE, connectable: { anywhere: false, origins: ["http://b:8080"] } };

const select = () => screen.getByTestId<HTMLSelectElement>("model-select");
const dialog = () => screen.getByTestId("connect");
const field = () => within(dialog()).getByLabelText(t.connect.url);

async function asked(script = {}, state = ANYWHERE) {
  const both = await open(script, state);
  await both.user.selectOptions(select(), t.connect.open);
  return both;
}

test("the picker leads to it, and keeps its model meanwhile", async () => {
  const { user } = await asked({
    load: (): Event[] => [{ type: "model", model: REMOTE }],
    connect: (): Event[] => [{ type: "connected", model: REMOTE }],
  });
  expect(select()).toHaveValue("toy");
  expect(field()).toHaveFocus();
  expect(screen.getByTestId("connect-start")).toBeDisabled();
  await user.keyboard("http://a");
  await user.type(within(dialog()).getByLabelText(t.connect.model), "m");
  await user.click(screen.getByTestId("connect-start"));
  await waitFor(() => expect(screen.queryByTestId("connect")).toBeNull());
  expect(select()).toHaveValue("remote");
  expect(screen.getByTestId("abilities")).toHaveTextContent(t.model.exact(null));
});

test.each([
  [{}, t.model.exact(null)],
  [{ off: "0.12 nats" }, t.model.exact(0.12)],
  [{ calls: "each token" }, t.model.stepped(null)],
  [{ calls: "each token", off: "0.12 nats" }, t.model.stepped(0.12)],
  [{ likeliest: "5", tokens: "words" }, t.model.likeliest(5, null) + t.model.words],
  [{ scores: "none" }, t.model.writes],
])("what a server can tell is said: %o", async (metadata, words) => {
  const model = { ...REMOTE, metadata: { ...REMOTE.metadata, ...metadata } };
  const { user } = await asked({
    load: (): Event[] => [{ type: "model", model }],
    connect: (): Event[] => [{ type: "connected", model }],
  });
  await user.keyboard("http://a");
  await user.click(screen.getByTestId("connect-start"));
  await waitFor(() => expect(screen.queryByTestId("connect")).toBeNull());
  expect(screen.getByTestId("abilities").textContent.trim()).toBe(words);
});

test("what went wrong is told beside what was typed, where one goes on", async () => {
  const error = { code: "OfflineError", message: "Nothing answers at a.", hint: "Start it." };
  const { user } = await asked({ connect: (): Event[] => [{ type: "error", error }] });
  await user.keyboard("http://a");
  await user.click(screen.getByTestId("connect-start"));
  expect(await within(dialog()).findByRole("alert")).toHaveTextContent(error.message);
  expect(field()).toHaveValue("http://a");
  expect(field()).toHaveFocus();
  expect(field()).toBeInvalid();
  expect(field()).toHaveAccessibleDescription(`${error.message} ${error.hint}`);
});

test("it is cancelled, and can be asked again", async () => {
  const { transport, user } = await asked({ connect: forever });
  await user.keyboard("http://a");
  await user.click(screen.getByTestId("connect-start"));
  expect(await within(dialog()).findByText(t.connect.running)).toBeInTheDocument();
  await user.click(screen.getByTestId("connect-cancel"));
  expect(transport.asked.find(({ kind }) => kind === "connect")!.signal.aborted).toBe(true);
  expect(field()).toHaveFocus();
  expect(screen.getByTestId("connect-start")).toBeEnabled();
});

test("Escape closes it and stops what is under way", async () => {
  const { transport, user } = await asked({ connect: forever });
  await user.keyboard("http://a");
  await user.click(screen.getByTestId("connect-start"));
  await within(dialog()).findByText(t.connect.running);
  await fireEvent(dialog(), new Event("close")); // what a browser makes of the key
  await waitFor(() => expect(screen.queryByTestId("connect")).toBeNull());
  expect(transport.asked.find(({ kind }) => kind === "connect")!.signal.aborted).toBe(true);
});

test("where only one server may be named, that is said", async () => {
  await asked({}, SAME);
  expect(field()).toHaveValue("http://b:8080");
  expect(within(dialog()).getByText(t.connect.only(["http://b:8080"]))).toBeInTheDocument();
});

test("it is also done by its name", async () => {
  const { user } = await open({}, ANYWHERE);
  await user.keyboard("{Control>}k{/Control}");
  await user.keyboard("connect{Enter}");
  expect(field()).toBeInTheDocument();
});

test("where none may be named, it is not there", async () => {
  const { user } = await open();
  expect(within(select()).queryByText(t.connect.open)).toBeNull();
  await user.keyboard("{Control>}k{/Control}");
  expect(within(screen.getByTestId("palette")).queryByText(t.connect.open)).toBeNull();
});
