/** A workbench over a transport that plays what a test tells it to, and what tests do with it. */
import { flushSync } from "svelte";
import { expect, onTestFinished, vi } from "vitest";
import { BrowserRecords, nowhere } from "../../src/page/records";
import { TabStorage } from "../../src/page/storage";
import type { Kept } from "../../src/host/store";
import { Workbench } from "../../src/state/workbench.svelte";
import type { Event, State } from "../../src/wire";
import { FakeTransport, STATE } from "./fixtures";

/** Let effects ask, and wait until all that was asked is answered. */
export async function quiet(transport: FakeTransport): Promise<void> {
  flushSync();
  await vi.waitFor(() => expect(transport.pending).toBe(0), { interval: 1 });
  flushSync();
}

/** What a browser keeps for a page, with databases of its own. */
export class OwnStorage extends TabStorage {
  constructor(kept: Partial<Kept> = {}) {
    const own = () => new BrowserRecords(`records of ${crypto.randomUUID()}`);
    const still = { watch: () => () => {} };
    super({
      runs: own(),
      reviews: own(),
      grids: own(),
      prompts: nowhere,
      reports: own(),
      rows: still,
      datasets: still,
      ...kept,
    });
  }
}

/** A workbench that has the server's state, and its model. */
export async function started(script = {}, state: State = STATE, store = new OwnStorage()) {
  const transport = new FakeTransport(script, state);
  const workbench = new Workbench(transport, store);
  onTestFinished(() => {
    workbench.stop();
    localStorage.clear(); // where it kept its last words
  });
  await workbench.start();
  await quiet(transport);
  return { workbench, transport };
}

/** With the model's answer, cut in lines. */
export async function answered(script = {}, state: State = STATE, store = new OwnStorage()) {
  const both = await started(script, state, store);
  both.workbench.setGranularity("line");
  await both.workbench.answering.generate();
  return both;
}

/** With the answer's second line explained. */
export async function explained(script = {}, state: State = STATE, store = new OwnStorage()) {
  const both = await answered(script, state, store);
  both.workbench.setTarget([8, 10]);
  await quiet(both.transport);
  return both;
}

/** Events whose last one waits until the test lets it come. */
export function held(events: Event[]): { play: () => AsyncIterable<Event>; release: () => void } {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  async function* play() {
    for (const event of events.slice(0, -1)) yield event;
    await gate;
    yield events.at(-1)!;
  }
  return { play, release };
}
