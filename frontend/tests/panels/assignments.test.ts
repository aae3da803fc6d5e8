/** Components call methods that say what happens; only a store's own class writes its state. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const STORES =
  "workbench|session|prompting|library|answers|answering|selection|choices|inquiry|findings|" +
  "explaining|comparison|checking|estimating|muting|contrast|cutting|server|theme|job|" +
  "writing|giving|completing|loading";
const ASSIGNMENT = new RegExp(`\\b(${STORES})(\\.\\w+)+\\s*([-+*/|&?]{0,2}=)(?![=>])`);
const WRITES_SESSION = /\bsession\.set\(/;

const files = ["app", "panels", "ui"].flatMap((folder) =>
  readdirSync(join("src", folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(svelte|ts)$/.test(name))
    .map((name) => join("src", folder, name)),
);

test("no component assigns state of a store", () => {
  expect(ASSIGNMENT.test("selection.revealed = { span }")).toBe(true);
  expect(ASSIGNMENT.test("if (workbench.answers.current === null)")).toBe(false);
  const lines = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => ASSIGNMENT.test(line) || WRITES_SESSION.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(lines).toEqual([]);
});
