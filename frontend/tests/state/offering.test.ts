import { expect, test } from "vitest";
import { Offering } from "../../src/state/offering.svelte";
import type { Event } from "../../src/wire";
import { FakeTransport } from "../support/fixtures";

const NAMES = ["here", "paid", "silent"];

function offering(answer: () => Event[]) {
  const transport = new FakeTransport({ compare_cost: answer });
  const server = {
    models: NAMES.map((name) => ({ name })),
    remote: (name: string) => name !== "here",
    tells: (name: string) => name !== "silent",
    model: () => undefined,
    lost: () => undefined,
  };
  const runs = [...NAMES, "gone"].map((model) => ({ answer: { model } }));
  return { of: new Offering(transport, server as never, () => runs as never), transport };
}

test("who can be asked, who can't, and who wants to be paid", () => {
  const { of } = offering(() => []);
  expect(of.able).toEqual(["here", "paid"]);
  expect(of.silent).toEqual(["silent"]);
  expect(of.paid).toEqual(["paid"]);
});

test("what it takes is asked of servers alone, and is of what it was asked for", async () => {
  const expense = { calls: 9, prompt_tokens: 90, price: null, unit: "token" as const };
  const { of, transport } = offering(() => [{ type: "compare_cost", expense }]);
  await of.ask("a", []);
  expect(transport.requests("compare_cost").map(({ model }) => model)).toEqual(["paid"]);
  expect(of.of("a")).toEqual({ key: "a", expense });
  expect(of.of("b")).toBeNull();
});

test("without a cost it is offered still", async () => {
  const error = { code: "ModelError", message: "No.", hint: "" };
  const { of } = offering(() => [{ type: "error", error }]);
  await of.ask("a", []);
  expect(of.of("a")).toEqual({ key: "a", expense: null });
});
