import { describe, expect, test } from "vitest";
import {
  BLANK,
  draftOf,
  inMode,
  isEmpty,
  plainText,
  promptOf,
  samePrompt,
} from "../../src/model/draft";

const typed = (text: string) => ({ ...BLANK, text });

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
