import { expect, test } from "vitest";
import { TraitMirror } from "../../src/notebook/mirror";
import type { View } from "../../src/wire";
import { NOTHING } from "../support/fixtures";
import { FakeModel } from "../support/model";

test("what is seen is told once, and heard only from others", () => {
  const model = new FakeModel({});
  const mirror = new TraitMirror(model);
  const heard: View[] = [];
  mirror.listen((view) => heard.push(view));
  mirror.tell(NOTHING);
  mirror.tell(structuredClone(NOTHING));
  expect(model.saved).toHaveLength(1);
  expect(heard).toEqual([]);
  const other = { ...NOTHING, target: { start: 1, stop: 2 } };
  model.set("_view", other);
  expect(heard).toEqual([other]);
  expect(mirror.view).toEqual(other);
});
