/** Words of the prompt, where it is written. */
import type { Problem } from "../../model/conversation";
import { count } from "../words";

export const editor = {
  title: "Prompt",
  text: "Text",
  chat: "Chat",
  mode: "Kind of prompt",
  placeholder: "Type or paste a prompt. The model continues it as it stands.",
  messagePlaceholder: "What is said in this turn",
  message: (n: number) => `Message ${n}`,
  role: (n: number) => `Role of message ${n}`,
  addMessage: "Add message",
  removeMessage: (n: number) => `Remove message ${n}`,
  moveUp: (n: number) => `Move message ${n} up`,
  moveDown: (n: number) => `Move message ${n} down`,
  removed: (n: number) => `Message ${n} was removed.`,
  reverted: "Your changes were taken back.",
  restored: "The prompt of that run took the place of your changes.",
  /** Of the editor's own panel, by what they are in English. */
  phrases: (): Readonly<Record<string, string>> => ({}),
  undo: "Undo",
  edit: "Edit",
  editAbout: "Change the prompt (key E, or a double click into it)",
  done: "Done",
  tokens: (n: number, most: number | null) =>
    most === null
      ? count(n, "token", "tokens")
      : `${n.toLocaleString("en")} of ${count(most, "token", "tokens")}`,
  roles: { system: "System", user: "User", assistant: "Assistant" } as Record<string, string>,
  edited: "Edited",
  revert: "Revert",
  add: "Keep",
  addAbout: "Keep the edited prompt as an example of yours",
  compare: "Changes",
  addedName: (id: string, n: number) => `${id}, edited${n > 1 ? ` ${n}` : ""}`,
  blankName: (n: number) => `prompt ${n}`,
  noChat: (model: string) => `${model} has no chat template; use text instead.`,
  tooLong: (limit: number) =>
    `That is over ${limit.toLocaleString("en")} characters, the most a prompt can have. Nothing was changed.`,
};

export const conversation = {
  open: "Paste a conversation",
  about: "Look into an answer that was given elsewhere",
  title: "Paste a conversation",
  hint: "JSON of a request, or of a response with its request: the messages become the chat, and what the assistant said last becomes the answer.",
  placeholder:
    '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}',
  take: "Show it as a chat",
  name: (n: number) => `conversation ${n}`,
  none: "This holds no conversation. Messages are expected, each with a role and a content.",
  problems: {
    noQuestion: () =>
      "This holds an answer, but not what was asked. Paste the request’s messages, too.",
    noMessage: (n) => `Entry ${n} is no message: it needs a role and a content.`,
    notText: (n) =>
      `Message ${n} has more in it than text, such as a picture or the call of a tool, and can’t be looked into.`,
  } as Record<Problem, (n: number) => string>,
  found: (messages: number, answered: boolean) =>
    `${count(messages, "message", "messages")}${answered ? " and an answer" : ", not answered yet"}.`,
  pasted: "You pasted a conversation.",
};
