/** Which folder may know of which: read from the sources, type imports included. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * The allowed order: a folder imports from itself and from those above it; folders in one row
 * know nothing of each other.
 */
const ORDER = [
  ["wire"],
  ["host"],
  ["model"],
  ["strings", "editing"],
  ["ui", "state"],
  ["panels"],
  ["views"],
  ["app"],
  ["page"],
  ["notebook", "report"], // are pages in a browser, too
];

const SUFFIXES = ["", ".ts", ".svelte.ts", "/index.ts"];
const IMPORT = /\b(?:from|import)\s*\(?\s*"(?<address>[^"]+)"/g;

const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.(svelte|ts)$/.test(name),
);

interface Source {
  readonly name: string;
  readonly lines: number;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const sources: Source[] = names.map((name) => {
  const text = readFileSync(join("src", name), "utf8");
  const addresses = [...text.matchAll(IMPORT)].map((match) => match.groups!.address!);
  const own = addresses.filter((address) => address.startsWith(".") && !address.includes(".css"));
  return {
    name,
    lines: text.split("\n").length,
    imports: own.map((address) => resolve(name, address)),
    packages: addresses.filter((address) => !address.startsWith(".")),
  };
});

function resolve(from: string, address: string): string {
  const path = normalize(join(dirname(from), address));
  const found = SUFFIXES.map((suffix) => path + suffix).find((name) => names.includes(name));
  if (!found) throw new Error(`${from} imports ${address}, which is not there.`);
  return found;
}

const folderOf = (name: string) => name.split(/[/.]/)[0]!;
const rowOf = (name: string) => ORDER.findIndex((row) => row.includes(folderOf(name)));
const panelOf = (name: string) => /^panels\/(\w+)\//.exec(name)?.[1];

const arrows = sources.flatMap(({ name, imports }) => imports.map((to) => ({ name, to })));
const told = (list: typeof arrows) => list.map(({ name, to }) => `${name} imports ${to}`);

describe("imports", () => {
  test("every folder has its place in the order", () => {
    expect(names.length).toBeGreaterThan(50);
    expect(arrows.length).toBeGreaterThan(200);
    expect(names.filter((name) => rowOf(name) < 0)).toEqual([]);
  });

  test("go up the order, never down or across", () => {
    const wrong = arrows.filter(
      ({ name, to }) => folderOf(name) !== folderOf(to) && rowOf(to) >= rowOf(name),
    );
    expect(told(wrong)).toEqual([]);
  });

  test("no panel reaches into another one's folder", () => {
    const wrong = arrows.filter(
      ({ name, to }) => panelOf(name) && panelOf(to) && panelOf(name) !== panelOf(to),
    );
    expect(told(wrong)).toEqual([]);
  });

  test("what is pure keeps no state", () => {
    const pure = sources.filter(({ name }) => ["wire", "host", "model"].includes(folderOf(name)));
    expect(pure.filter(({ name }) => name.includes(".svelte"))).toEqual([]);
    expect(pure.filter(({ packages }) => packages.some((one) => /svelte/.test(one)))).toEqual([]);
  });

  test("never go round in a circle", () => {
    const left = new Map(sources.map(({ name, imports }) => [name, new Set(imports)]));
    // Take away what imports nothing that is left; what stays is in circles, or leads to one.
    for (let before = Infinity; left.size < before;) {
      before = left.size;
      for (const [name, imports] of left) {
        if ([...imports].every((to) => !left.has(to))) left.delete(name);
      }
    }
    expect([...left.keys()]).toEqual([]);
  });
});

test("no file is longer than 300 lines", () => {
  const long = sources.filter(({ name, lines }) => lines > 300 && name !== "wire.gen.ts");
  expect(long.map(({ name }) => name)).toEqual([]);
});
