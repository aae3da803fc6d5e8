import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  colourTable,
  contrastRatio,
  ramp,
  type Rgb,
  step,
  STEPS,
  type Theme,
} from "../../src/model/colours";
import { TEMPLATE_STRENGTH } from "../../src/model/scale";

describe("colours", () => {
  const css = readFileSync("src/styles/tokens.css", "utf8");
  const [lightCss, darkCss] = css.split(':root[data-theme="dark"]') as [string, string];
  const named = (theme: Theme, name: string): Rgb => {
    const found = new RegExp(`--${name}: #(\\w{6})`).exec(
      theme === "light" ? lightCss : darkCss,
    )![1]!;
    return [0, 2, 4].map((i) => parseInt(found.slice(i, i + 2), 16)) as unknown as Rgb;
  };

  for (const theme of ["light", "dark"] as const) {
    for (const signed of [true, false]) {
      test(`text on every tint has AA contrast (${theme}, ${signed ? "signed" : "unsigned"})`, () => {
        const worst = Math.min(
          ...ramp(theme, signed).map((tint) => contrastRatio(tint, named(theme, "ink"))),
        );
        expect(worst).toBeGreaterThanOrEqual(4.5);
      });
      test(`so has the dimmed template at its strength (${theme}, ${signed})`, () => {
        const table = ramp(theme, signed);
        const ends = signed ? [-1, 1] : [1];
        for (const end of ends) {
          const tint = table[step(end * TEMPLATE_STRENGTH, signed)]!;
          expect(contrastRatio(tint, named(theme, "template-ink"))).toBeGreaterThanOrEqual(4.5);
        }
      });
    }
    test(`text colours have AA contrast on every surface (${theme})`, () => {
      for (const text of ["ink", "dim", "bad", "supports", "opposes"]) {
        for (const surface of ["page", "surface", "sunken", "picked"]) {
          const found = contrastRatio(named(theme, text), named(theme, surface));
          const least = ["ink", "dim"].includes(text) || surface === "surface" ? 4.5 : 3;
          expect(found, `${text} on ${surface}`).toBeGreaterThanOrEqual(least);
        }
      }
      expect(contrastRatio(named(theme, "on-solid"), named(theme, "solid"))).toBeGreaterThanOrEqual(
        4.5,
      );
    });
    test(`both ends stand out from the surface and from each other (${theme})`, () => {
      const table = ramp(theme, true);
      const middle = table[128]!;
      expect(contrastRatio(table[0]!, middle)).toBeGreaterThan(1.9);
      expect(contrastRatio(table.at(-1)!, middle)).toBeGreaterThan(1.9);
      // red-green blindness leaves the blue-yellow axis: blue against red and green
      const yellowness = ([r, g, b]: Rgb) => (r + g) / 2 - b;
      expect(yellowness(table[0]!) - yellowness(table.at(-1)!)).toBeGreaterThan(100);
    });
  }

  test("there are 256 steps, and none is drawn where there is no score", () => {
    expect(colourTable("light", true)).toHaveLength(STEPS);
    expect(colourTable("light", true)[step(0, true)]).toBe("transparent");
    expect(colourTable("dark", false)[step(0, false)]).toBe("transparent");
    expect(colourTable("dark", false)[255]).toMatch(/^rgb\(/);
    expect(colourTable("dark", false)).toBe(colourTable("dark", false));
  });
  test("a strength finds its step", () => {
    expect(step(-1, true)).toBe(0);
    expect(step(1, true)).toBe(255);
    expect(step(-1, false)).toBe(0);
    expect(step(2, false)).toBe(255);
  });
});
