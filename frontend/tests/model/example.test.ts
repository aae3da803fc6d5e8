import { expect, test } from "vitest";
import { search } from "../../src/model/example";
import { TabStorage } from "../../src/page/storage";
import { Library } from "../../src/state/prompt/library.svelte";
import { STATE } from "../support/fixtures";

const library = () => {
  const all = new Library("Yours", new TabStorage().shared);
  all.show(STATE.datasets);
  return all;
};

test("searches names, sources and text, all words, any case", () => {
  const ids = (query: string) => search(library().examples, query).map((one) => one.id);
  expect(ids("")).toHaveLength(3);
  expect(ids("MENU")).toEqual(["first"]);
  expect(ids("another second")).toEqual(["second"]);
  expect(ids("hello")).toEqual(["chat"]);
  expect(ids("hello menu")).toEqual([]);
});
