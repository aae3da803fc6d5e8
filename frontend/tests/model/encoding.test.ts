import { expect, test } from "vitest";
import { base64, bytesOf } from "../../src/model/encoding";

test("bytes are the same behind text, however many they are", () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
  expect(base64(bytes.subarray(0, 3))).toBe("AAEC");
  expect(bytesOf(base64(bytes))).toEqual(bytes);
  expect(bytesOf("")).toHaveLength(0);
});
