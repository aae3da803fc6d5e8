import { expect, test } from "vitest";
import { fromServer, search } from "../../src/model/example";
import { STATE } from "../support/fixtures";

const examples = STATE.datasets.flatMap((set) =>
  set.examples.map((one) => fromServer(set.name, one)),
);

test("searches names, sources and text, all words, any case", () => {
  const ids = (query: string) => search(examples, query).map((one) => one.id);
  expect(ids("")).toHaveLength(3);
  expect(ids("MENU")).toEqual(["first"]);
  expect(ids("another second")).toEqual(["second"]);
  expect(ids("hello")).toEqual(["chat"]);
  expect(ids("hello menu")).toEqual([]);
});

test("what else its row held: kind, question, and where its answer ends", () => {
  const read = (fields: Record<string, unknown>) =>
    fromServer("set", { id: "a", prompt: "A", target: null, source: "menu", fields });
  expect(read({})).toMatchObject({ source: "menu", keepQuestion: false, stop: [] });
  expect(read({ kind: "soup", keep_question: true, stop: ["\n\n"] })).toMatchObject({
    source: "soup",
    keepQuestion: true,
    stop: ["\n\n"],
  });
  expect(read({ kind: 3, keep_question: "yes", stop: "End" })).toMatchObject({
    source: "menu",
    keepQuestion: false,
    stop: ["End"],
  });
  expect(read({ stop: [1, "", "b", null] }).stop).toEqual(["b"]);
});
