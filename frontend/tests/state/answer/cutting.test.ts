import { expect, test, vi } from "vitest";
import { USUAL } from "../../support/fixtures";
import { answered, quiet } from "../../support/workbench";

test("a custom pattern is cut first, and a bad one is told in its place", async () => {
  const error = { code: "PatternError", message: "Missing ).", hint: "Mend it." };
  const { workbench, transport } = await answered({
    segment: (...args: Parameters<NonNullable<typeof USUAL.segment>>) =>
      args[0].pattern === "(" ? [{ type: "error", error }] : USUAL.segment!(...args),
  });
  workbench.setTarget([8, 10]);
  await quiet(transport);
  workbench.setGranularity("custom");
  expect(workbench.inquiry.segments).toBeNull();
  workbench.setPattern("(");
  await vi.waitFor(() => expect(workbench.cutting.job.error).toEqual(error));
  expect(transport.requests("explain")).toHaveLength(1);
  workbench.setPattern("\n");
  await vi.waitFor(() =>
    expect(workbench.inquiry.segments).toEqual([
      [0, 4],
      [4, 10],
    ]),
  );
  await quiet(transport);
  expect(transport.requests("explain").at(-1)).toMatchObject({
    granularity: "custom",
    pattern: "\n",
  });
});

test("a pattern is tried once typing rests, and not for an answer that is still written", async () => {
  const { workbench, transport } = await answered();
  workbench.setGranularity("custom");
  for (const pattern of ["[", "[.", "[.]"]) workbench.setPattern(pattern);
  await vi.waitFor(() => expect(workbench.inquiry.segments).not.toBeNull());
  expect(transport.requests("segment").map(({ pattern }) => pattern)).toEqual(["[.]"]);
  workbench.setGranularity("line");
  workbench.setGranularity("custom");
  await quiet(transport);
  expect(transport.requests("segment")).toHaveLength(1);
  await workbench.answering.showGiven();
  await quiet(transport);
  expect(transport.requests("segment")).toHaveLength(2);
});
