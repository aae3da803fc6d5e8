import { describe, expect, test, vi } from "vitest";
import { BLANK } from "../../../src/model/draft";
import { TabStorage } from "../../../src/page/storage";
import { Session } from "../../../src/state/prompt/session.svelte";

const typed = (text: string) => ({ ...BLANK, text });

/** Another tab has the same local storage but a session storage of its own. */
function anotherTab(): Session {
  sessionStorage.clear();
  return new Session(new TabStorage());
}

describe("session", () => {
  test("comes back after a reload", async () => {
    const session = new Session(new TabStorage());
    expect(session.first).toBe(true);
    session.set({ draft: typed("Why?"), granularity: "word", intensity: 2 });
    session.setParams("occlusion", { steps: 3 });
    await session.flush();
    const again = new Session(new TabStorage());
    expect(again.first).toBe(false);
    expect(again.draft.text).toBe("Why?");
    expect(again.granularity).toBe("word");
    expect(again.paramsOf("occlusion")).toEqual({ steps: 3 });
    expect(again.paramsOf("other")).toEqual({});
  });

  test("is written once the person pauses", async () => {
    vi.useFakeTimers();
    const write = vi.spyOn(TabStorage.prototype, "write");
    const session = new Session(new TabStorage());
    for (const text of ["a", "ab", "abc"]) session.set({ draft: typed(text) });
    expect(write).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
    vi.useRealTimers();
  });

  test("is written at once when the page goes away", () => {
    const session = new Session(new TabStorage());
    session.set({ draft: typed("last words") });
    session.writeNow();
    expect(new Session(new TabStorage()).draft.text).toBe("last words");
  });

  test("two tabs do not overwrite each other; a new one starts from the last", async () => {
    const now = vi.spyOn(Date, "now").mockReturnValue(1000);
    const one = new Session(new TabStorage());
    one.set({ draft: typed("one") });
    await one.flush();
    const oneId = sessionStorage.getItem("backlit.tab-id")!;
    now.mockReturnValue(2000);
    const two = anotherTab();
    expect(two.draft.text).toBe("one");
    two.set({ draft: typed("two") });
    await two.flush();
    expect(anotherTab().draft.text).toBe("two");
    sessionStorage.setItem("backlit.tab-id", oneId);
    expect(new Session(new TabStorage()).draft.text).toBe("one");
    now.mockRestore();
  });

  test("puts an edited draft aside and finds it again", () => {
    const session = new Session(new TabStorage());
    session.open("a", typed("A"), false);
    session.set({ draft: typed("A, edited") });
    session.open("b", typed("B"), true);
    expect(session.draft.text).toBe("B");
    expect(session.hasStashed("a")).toBe(true);
    session.open("a", typed("A"), false);
    expect(session.draft.text).toBe("A, edited");
    session.set({ draft: typed("A") });
    session.open("b", typed("B"), false);
    expect(session.hasStashed("a")).toBe(false);
  });

  test("what an earlier version kept under other names is not lost", () => {
    const stored = { example: "a", aside: { b: typed("B, edited") }, rival: "gradient" };
    localStorage.setItem("backlit.tab.x.session", JSON.stringify(stored));
    localStorage.setItem("backlit.tab.x.saved", "1");
    const session = new Session(new TabStorage());
    expect(session.comparison).toBe("gradient");
    expect(session.hasStashed("b")).toBe(true);
    session.open("b", typed("B"), false);
    expect(session.draft.text).toBe("B, edited");
  });

  test("a target is written when it is another one", () => {
    const session = new Session(new TabStorage());
    const set = vi.spyOn(session, "set");
    session.keepTarget(null, "");
    expect(set).not.toHaveBeenCalled();
    session.keepTarget({ answer: 1, span: [2, 3], foil: null }, "");
    session.keepTarget({ answer: 1, span: [2, 3], foil: null }, "");
    expect(set).toHaveBeenCalledOnce();
  });

  test("leftovers of another version do no harm", () => {
    localStorage.setItem(
      "backlit.tab.x.session",
      '{"granularity":7,"draft":{"text":"t"},"intensity":3,"junk":1}',
    );
    localStorage.setItem("backlit.tab.x.saved", "1");
    const session = new Session(new TabStorage());
    expect(session.granularity).toBe("line");
    expect(session.draft).toEqual(BLANK);
    expect(session.intensity).toBe(3);
  });

  test("of options that were all kept together, none chose to have no stop strings", () => {
    const kept = { max_new_tokens: 9, temperature: 1, top_p: 1, seed: null, stop: [] as string[] };
    const load = (options: object) => {
      localStorage.setItem("backlit.tab.x.session", JSON.stringify({ options }));
      localStorage.setItem("backlit.tab.x.saved", "1");
      return new Session(new TabStorage()).options;
    };
    expect(load(kept)).toEqual({ max_new_tokens: 9, temperature: 1, top_p: 1, seed: null });
    expect(load({ ...kept, stop: ["End"] })).toMatchObject({ stop: ["End"] });
    expect(load({ stop: [] })).toEqual({ stop: [] });
  });

  test("says when the browser has no room", () => {
    const session = new Session(new TabStorage());
    const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("", "QuotaExceededError");
    });
    session.writeNow();
    expect(session.saveFailed).toBe(true);
    full.mockRestore();
    session.writeNow();
    expect(session.saveFailed).toBe(false);
  });
});
