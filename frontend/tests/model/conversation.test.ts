import { describe, expect, test } from "vitest";
import { conversationOf, NoConversation } from "../../src/model/conversation";

const ASKED = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Is it hot?" },
];
const SAID = { role: "assistant", content: "Yes." };
const read = (value: unknown) => conversationOf(JSON.stringify(value));

describe("a conversation", () => {
  test.each([
    ["a list of messages", [...ASKED, SAID]],
    ["a request that ends with the answer", { model: "m", messages: [...ASKED, SAID] }],
    [
      "a request and its response",
      { request: { messages: ASKED }, response: { choices: [{ message: SAID }] } },
    ],
    ["a log of both in one", { messages: ASKED, choices: [{ index: 0, message: SAID }] }],
    [
      "the newer interface of OpenAI's",
      {
        instructions: "Be brief.",
        input: "Is it hot?",
        output: [
          { type: "reasoning", summary: [] },
          { ...SAID, type: "message", content: [{ type: "output_text", text: "Yes." }] },
        ],
      },
    ],
    [
      "Anthropic's",
      {
        request: { system: "Be brief.", messages: [{ role: "user", content: "Is it hot?" }] },
        response: { role: "assistant", content: [{ type: "text", text: "Yes." }] },
      },
    ],
  ])("is %s", (_, value) => {
    expect(read(value)).toEqual({ prompt: ASKED, answer: "Yes." });
  });

  test("need not be answered", () => {
    expect(read({ messages: ASKED })).toEqual({ prompt: ASKED, answer: null });
  });

  test("may stand in a fence, and its developer is the system", () => {
    const fenced = `\`\`\`json\n${JSON.stringify([{ ...ASKED[0], role: "developer" }, ASKED[1]])}\n\`\`\``;
    expect(conversationOf(fenced)?.prompt).toEqual(ASKED);
  });

  test("in parts of text is joined", () => {
    const parts = [
      { type: "text", text: "Is it " },
      { type: "text", text: "hot?" },
    ];
    expect(read([{ role: "user", content: parts }])?.prompt[0]!.content).toBe("Is it hot?");
  });
});

test.each([
  "",
  "prose",
  "[1, 2]",
  "{}",
  '{"a": 1}',
  "[",
  '{"messages": "none"}',
  "null",
  "3",
  '"text"',
])("what is no conversation is none: %s", (text) => {
  expect(conversationOf(text)).toBeNull();
});

test.each([
  ["noQuestion", 1, [SAID]],
  ["noQuestion", 1, { choices: [{ message: SAID }] }],
  ["noMessage", 2, [ASKED[0], "text"]],
  ["notText", 1, [{ role: "user", content: [{ type: "image_url", image_url: {} }] }]],
  ["notText", 3, [...ASKED, { role: "assistant", content: null, tool_calls: [{}] }]],
] as const)("what can't be looked into is told: %s in %i", (problem, at, value) => {
  try {
    read(value);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(NoConversation);
    expect(error).toMatchObject({ problem, at });
  }
});
