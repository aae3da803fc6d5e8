import { expect, test } from "vitest";
import { amount } from "../../src/model/bytes";

test("amounts are told in the unit that suits the whole", () => {
  expect(amount(37e6, 93e6)).toBe("37 MB");
  expect(amount(0.4e9, 1.2e9)).toBe("0.4 GB");
  expect(amount(3, 12)).toBe("3");
});
