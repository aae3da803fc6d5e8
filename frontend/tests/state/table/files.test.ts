import { expect, test } from "vitest";
import type { Event } from "../../../src/wire";
import { tabling } from "../../support/table";

test("a file becomes a dataset that is shown; one that is too large is told", async () => {
  const added: Event[] = [{ type: "added", name: "mine", count: 2 }];
  const { files, server, transport } = tabling({ add: () => added });
  await files.take(new File(["{}"], "mine.jsonl"));
  expect(transport.requests("add")).toEqual([
    { name: "mine", file: "mine.jsonl", content: "e30=" },
  ]);
  expect(server.connect).toHaveBeenCalled();
  expect(files.told).toContain("2 rows");
  const large = new File(["{}"], "large.jsonl");
  Object.defineProperty(large, "size", { value: 50_000_001 });
  await files.take(large);
  expect(files.job.error?.message).toContain("50 MB");
  expect(transport.requests("add")).toHaveLength(1);
});
