/** A conversation that was copied elsewhere as JSON: a request, a response, or both. */
import type { Message } from "../wire";

export interface Conversation {
  readonly prompt: Message[];
  /** What the model said last; null if it was not asked yet. */
  readonly answer: string | null;
}

type Json = Readonly<Record<string, unknown>>;

export type Problem = "noQuestion" | "noMessage" | "notText";

/** It holds a conversation, but none that can be looked into. */
export class NoConversation extends Error {
  constructor(
    readonly problem: Problem,
    /** Which message of it, from 1. */
    readonly at: number,
  ) {
    super(`${problem} ${at}`);
    this.name = "NoConversation";
  }
}

/**
 * The conversation that a text holds; null if it holds none.
 *
 * Known are lists of messages, and bodies with `messages` or `input`, of requests and responses
 * as OpenAI's and Anthropic's interfaces have them.
 *
 * @throws NoConversation if it holds one that has more in it than text.
 */
export function conversationOf(text: string): Conversation | null {
  const json = parsed(text);
  if (json === null) return null;
  const messages = messagesOf(json);
  if (!messages) return null;
  const last = messages.at(-1);
  const answered = last?.role === "assistant";
  const prompt = answered ? messages.slice(0, -1) : messages;
  if (prompt.length === 0) throw new NoConversation("noQuestion", 1);
  return { prompt, answer: answered ? last.content : null };
}

function parsed(text: string): unknown {
  let bare = text.trim();
  if (bare.startsWith("```") && bare.endsWith("```"))
    bare = bare.slice(bare.indexOf("\n"), -3).trim();
  if (!/^[[{]/.test(bare)) return null;
  try {
    return JSON.parse(bare) as unknown;
  } catch {
    return null;
  }
}

function messagesOf(json: unknown): Message[] | null {
  if (Array.isArray(json)) {
    return json.some(isMessage) ? json.map((one, i) => messageOf(one, i)) : null;
  }
  if (!isObject(json)) return null;
  const asked = askedOf(json);
  const said = saidOf(json);
  if (!asked && !said) return null;
  return [...(asked ?? []), ...(said ?? [])];
}

/** The messages of a request, wherever it stands. */
function askedOf(json: Json): Message[] | null {
  const inner = [json.request, json.body].find(isObject);
  if (inner) return askedOf(inner);
  const { messages, input, instructions, system } = json;
  const first = [system, instructions].flatMap((text) =>
    text ? [messageOf({ role: "system", content: text }, 0)] : [],
  );
  if (Array.isArray(messages)) return [...first, ...messages.map((one, i) => messageOf(one, i))];
  if (typeof input === "string") return [...first, { role: "user", content: input }];
  if (Array.isArray(input)) return [...first, ...input.map((one, i) => messageOf(one, i))];
  return null;
}

/** What a response says, wherever it stands. */
function saidOf(json: Json): Message[] | null {
  if (isObject(json.response)) return saidOf(json.response);
  const { choices, output, role, content } = json;
  if (Array.isArray(choices) && isObject(choices[0]) && isObject(choices[0].message)) {
    return [messageOf(choices[0].message, 0)];
  }
  if (Array.isArray(output)) {
    return output.filter((one) => isObject(one) && one.type === "message").map(messageOf);
  }
  return role === "assistant" && content ? [messageOf(json, 0)] : null;
}

function messageOf(one: unknown, at: number): Message {
  if (!isMessage(one)) throw new NoConversation("noMessage", at + 1);
  const role = one.role === "developer" ? "system" : one.role;
  return { role, content: textOf(one.content, at) };
}

function textOf(content: unknown, at: number): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? (content as unknown[]) : [null];
  return parts
    .map((part) => {
      if (isObject(part) && typeof part.text === "string") return part.text;
      throw new NoConversation("notText", at + 1);
    })
    .join("");
}

function isMessage(json: unknown): json is { role: string; content: unknown } {
  return isObject(json) && typeof json.role === "string" && json.role !== "";
}

function isObject(json: unknown): json is Json {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
