import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  BLANK,
  draftOf,
  inMode,
  isEmpty,
  plainText,
  promptOf,
  samePrompt,
} from "../../../src/model/draft";
import { Library } from "../../../src/state/prompt/library.svelte";
import { search } from "../../../src/model/example";
import { Session } from "../../../src/state/prompt/session.svelte";
import { TabStorage } from "../../../src/page/storage";
import { STATE } from "../../support/fixtures";

const typed = (text: string) => ({ ...BLANK, text });

/** Another tab has the same local storage but a session storage of its own. */
function anotherTab(): Session {
  sessionStorage.clear();
  return new Session(new TabStorage());
}

describe("drafts", () => {
  test("of text and of a chat", () => {
    const messages = [{ role: "user", content: "Hi" }];
    expect(promptOf(draftOf("Hi"))).toBe("Hi");
    expect(promptOf(draftOf(messages))).toEqual(messages);
    expect(plainText(messages)).toBe("user: Hi");
  });
  test("switching keeps both sides, and takes text along to an empty chat", () => {
    const chat = inMode(typed("Hi"), "chat");
    expect(chat.messages).toEqual([{ role: "user", content: "Hi" }]);
    expect(inMode(chat, "text").text).toBe("Hi");
    const full = { ...chat, text: "Other" };
    expect(inMode(full, "chat").messages).toEqual(chat.messages);
  });
  test("emptiness", () => {
    expect(isEmpty(BLANK)).toBe(true);
    expect(isEmpty(typed(" \n"))).toBe(true);
    expect(isEmpty({ ...BLANK, mode: "chat", messages: [{ role: "user", content: "x" }] })).toBe(
      false,
    );
  });
  test("sameness", () => {
    expect(samePrompt("a", "a")).toBe(true);
    expect(samePrompt("a", [{ role: "user", content: "a" }])).toBe(false);
    const a = [{ role: "user", content: "a" }];
    expect(samePrompt(a, structuredClone(a))).toBe(true);
    expect(samePrompt(a, [{ role: "system", content: "a" }])).toBe(false);
    expect(samePrompt(a, [...a, ...a])).toBe(false);
  });
});

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
    const one = new Session(new TabStorage());
    one.set({ draft: typed("one") });
    await one.flush();
    const oneId = sessionStorage.getItem("backlit.tab-id")!;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const two = anotherTab();
    expect(two.draft.text).toBe("one");
    two.set({ draft: typed("two") });
    await two.flush();
    expect(anotherTab().draft.text).toBe("two");
    sessionStorage.setItem("backlit.tab-id", oneId);
    expect(new Session(new TabStorage()).draft.text).toBe("one");
  });

  test("a duplicated tab takes a name of its own", async () => {
    const held = new Set<string>();
    vi.stubGlobal("navigator", {
      ...navigator,
      locks: {
        request: (name: string, _options: unknown, hold: () => Promise<void>) => {
          if (held.has(name)) return Promise.reject(new DOMException("", "TimeoutError"));
          held.add(name);
          return hold();
        },
      },
    });
    const one = new Session(new TabStorage());
    const id = sessionStorage.getItem("backlit.tab-id");
    const copy = new Session(new TabStorage()); // same session storage, as duplicating makes it
    await copy.flush();
    await one.flush();
    expect(sessionStorage.getItem("backlit.tab-id")).not.toBe(id);
    vi.unstubAllGlobals();
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

  test("forgets the oldest tabs", async () => {
    for (let i = 0; i < 12; i++) {
      localStorage.setItem(`backlit.tab.t${i}.saved`, String(i));
      localStorage.setItem(`backlit.tab.t${i}.session`, "{}");
    }
    await new TabStorage().ready();
    const left = Object.keys(localStorage).filter((key) => key.endsWith(".session"));
    expect(left.sort()).toEqual(
      ["10", "11", "4", "5", "6", "7", "8", "9"].map((i) => `backlit.tab.t${i}.session`),
    );
  });
});

describe("library", () => {
  let library: Library;
  beforeEach(() => {
    library = new Library("Yours", new TabStorage().shared);
    library.show(STATE.datasets);
  });
  afterEach(() => vi.restoreAllMocks());

  test("shows the server's examples", () => {
    expect(library.examples.map((one) => one.key)).toEqual([
      "samples/first",
      "samples/second",
      "samples/chat",
    ]);
    expect(library.find("samples/chat")?.source).toBe("samples");
    expect(library.find(null)).toBeNull();
  });
  test("keeps added ones, with where they came from and a free name", () => {
    const from = library.find("samples/first");
    const name = (n: number) => (n === 1 ? "second" : `second ${n}`);
    const added = library.add("New", from, name)!;
    expect(added).toMatchObject({
      id: "second 2",
      own: true,
      source: "Yours",
      origin: "samples/first",
    });
    expect(library.add("Newer", added, (n) => `x${n}`)!.origin).toBe("samples/first");
    expect(new Library("Yours", new TabStorage().shared).examples.map((one) => one.id)).toEqual([
      "x1",
      "second 2",
    ]);
    library.remove(added.key);
    expect(library.find(added.key)).toBeNull();
  });
  test("sees what another tab added", () => {
    new Library("Yours", new TabStorage().shared).add("Elsewhere", null, (n) => `other ${n}`);
    dispatchEvent(new StorageEvent("storage", { key: "backlit.examples" }));
    expect(library.examples[0]?.id).toBe("other 1");
  });
  test("searches names, sources and text, all words, any case", () => {
    const ids = (query: string) => search(library.examples, query).map((one) => one.id);
    expect(ids("")).toHaveLength(3);
    expect(ids("MENU")).toEqual(["first"]);
    expect(ids("another second")).toEqual(["second"]);
    expect(ids("hello")).toEqual(["chat"]);
    expect(ids("hello menu")).toEqual([]);
  });
});
