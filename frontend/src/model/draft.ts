/** A prompt as it is being typed: both kinds are kept, so switching loses nothing. */
import type { Message, Prompt } from "../wire";

export interface Draft {
  readonly mode: "text" | "chat";
  readonly text: string;
  readonly messages: readonly Message[];
}

export const ROLES = ["system", "user", "assistant"] as const;
export const BLANK: Draft = { mode: "text", text: "", messages: [{ role: "user", content: "" }] };

export function draftOf(prompt: Prompt): Draft {
  return typeof prompt === "string"
    ? { ...BLANK, text: prompt }
    : { mode: "chat", text: "", messages: prompt };
}

export function promptOf(draft: Draft): Prompt {
  return draft.mode === "text" ? draft.text : [...draft.messages];
}

/** Draft in the other mode; text moves over where the other side is still empty. */
export function inMode(draft: Draft, mode: Draft["mode"]): Draft {
  const moving = mode === "chat" && draft.text && draft.messages.every((m) => !m.content);
  return {
    ...draft,
    mode,
    messages: moving ? [{ role: "user", content: draft.text }] : draft.messages,
  };
}

export function isEmpty(draft: Draft): boolean {
  return draft.mode === "text"
    ? draft.text.trim() === ""
    : draft.messages.every((message) => message.content.trim() === "");
}

export function samePrompt(a: Prompt, b: Prompt): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return (
    a.length === b.length && a.every((m, i) => m.role === b[i]?.role && m.content === b[i]?.content)
  );
}

/** A prompt as plain text, for searching, previews and comparing. */
export function plainText(prompt: Prompt): string {
  if (typeof prompt === "string") return prompt;
  return prompt.map(({ role, content }) => `${role}: ${content}`).join("\n\n");
}
