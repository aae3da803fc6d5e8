import { expect, test } from "vitest";
import { folded } from "../../src/model/letters";

test("letters are found whatever the language of the keyboard", () => {
  expect(folded("İSTEM")).toBe(folded("istem"));
  expect(folded("ID")).toBe(folded("ıd"));
  expect(folded("Çıktı")).toBe("çikti");
});
