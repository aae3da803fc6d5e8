import { expect, test } from "vitest";
import { TraitMirror } from "../../src/notebook/mirror";
import type { Seen } from "../../src/wire";
import { FakeModel } from "../support/model";

test("what is seen is told once, and heard only from others", () => {
  const model = new FakeModel({});
  const mirror = new TraitMirror(model);
  const heard: Seen[] = [];
  mirror.listen((seen) => heard.push(seen));
  const nothing: Seen = { generation: null, segmentations: {}, target: null, attribution: null };
  mirror.tell(nothing);
  mirror.tell(structuredClone(nothing));
  expect(model.saved).toHaveLength(1);
  expect(heard).toEqual([]);
  const other = { ...nothing, target: { start: 1, stop: 2 } };
  model.set("_seen", other);
  expect(heard).toEqual([other]);
  expect(mirror.seen).toEqual(other);
});
