import { expect, test } from "vitest";
import type { Event, ModelInfo, Requests, State } from "../../src/wire";
import { READY, STATE } from "../support/fixtures";
import { held, quiet, started } from "../support/workbench";

const REMOTE: ModelInfo = { ...READY, name: "remote", metadata: { engine: "endpoint" } };
const LOADING: ModelInfo = { ...REMOTE, name: "endpoint:http://a", status: "loading" };
const CONNECTED: Event[] = [
  { type: "model", model: LOADING },
  { type: "connected", model: REMOTE },
];
const ANYWHERE: State = { ...STATE, connectable: { anywhere: true, origins: [] } };
const SAME: State = { ...STATE, connectable: { anywhere: false, origins: ["http://b:8080"] } };
const REFUSED = { code: "OfflineError", message: "Nothing answers at a.", hint: "" };

const load = ({ model }: Requests["load"]): Event[] => [
  { type: "model", model: model === "remote" ? REMOTE : READY },
];

test("a model that is connected is in the list, chosen, and ready", async () => {
  const { transport, workbench } = await started({ load, connect: () => CONNECTED }, ANYWHERE);
  const { connecting } = workbench;
  connecting.ask();
  expect(connecting).toMatchObject({ open: true, url: "", possible: false });
  connecting.url = " http://a#m ";
  expect(await connecting.connect()).toBe(true);
  await quiet(transport);
  expect(transport.requests("connect")).toEqual([{ url: "http://a#m", model: null }]);
  expect(workbench.server.models.map(({ name }) => name)).toEqual(["toy", "remote"]);
  expect(workbench.choices.model).toEqual(REMOTE);
  expect(connecting).toMatchObject({ url: "", model: "" });
});

test("one that was there is chosen, and not there twice", async () => {
  const { workbench } = await started({ load, connect: () => CONNECTED }, ANYWHERE);
  for (let i = 0; i < 2; i++) {
    workbench.connecting.url = "http://a";
    workbench.connecting.model = " m ";
    await workbench.connecting.connect();
  }
  expect(workbench.server.models.map(({ name }) => name)).toEqual(["toy", "remote"]);
});

test("what fails is told, and what was typed stays, also when it is asked again", async () => {
  const { workbench } = await started(
    { connect: (): Event[] => [{ type: "error", error: REFUSED }] },
    ANYWHERE,
  );
  const { connecting } = workbench;
  connecting.ask();
  connecting.url = "http://a";
  expect(await connecting.connect()).toBe(false);
  expect(connecting.job.error).toEqual(REFUSED);
  expect(connecting).toMatchObject({ open: true, url: "http://a", possible: true });
  connecting.close();
  connecting.ask();
  expect(connecting.job.error).toBeNull();
  expect(connecting.url).toBe("http://a");
  expect(workbench.choices.model?.name).toBe("toy");
});

test("an answer without an end is none", async () => {
  const { workbench } = await started({ connect: () => CONNECTED.slice(0, 1) }, ANYWHERE);
  workbench.connecting.url = "http://a";
  await workbench.connecting.connect();
  expect(workbench.connecting.job.error?.code).toBe("BrokenOff");
});

test("closing it stops what is under way, which changes nothing any more", async () => {
  const { play, release } = held(CONNECTED);
  const { transport, workbench } = await started({ load, connect: play }, ANYWHERE);
  const { connecting } = workbench;
  connecting.ask();
  connecting.url = "http://a";
  const over = connecting.connect();
  expect(connecting.possible).toBe(false);
  expect(await connecting.connect()).toBe(false); // nothing is asked twice
  connecting.close();
  release();
  await over;
  expect(transport.requests("connect")).toHaveLength(1);
  expect(transport.asked.find(({ kind }) => kind === "connect")!.signal.aborted).toBe(true);
  expect(workbench.server.models).toHaveLength(1);
  expect(connecting).toMatchObject({ open: false, url: "http://a" });
});

test("where only one server may be named, its address is there", async () => {
  const { workbench } = await started({}, SAME);
  workbench.connecting.ask();
  expect(workbench.connecting.url).toBe("http://b:8080");
});

test("where none may be named, nothing is asked", async () => {
  const { workbench } = await started();
  expect(workbench.connecting.offered).toBeNull();
  workbench.connecting.ask();
  expect(workbench.connecting.open).toBe(false);
});
