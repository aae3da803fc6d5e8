import { expect, test } from "vitest";
import { linkTo, type Place, placeOf } from "../../src/model/place";

test.each<[Place, string]>([
  [{ view: "look", runs: ["ab12.cd"] }, "#look=ab12.cd"],
  [{ view: "look", runs: ["ab12."] }, "#look=ab12."],
  [
    {
      view: "look",
      runs: ["a;b.c"],
      mutes: [
        [0, 3],
        [12, 40],
      ],
    },
    "#look=a%3Bb.c;mute=0-3,12-40",
  ],
  [{ view: "compare", runs: ["a.b", "c.d"] }, "#compare=a.b,c.d"],
  [{ view: "compare", runs: [] }, "#compare="],
  [{ view: "grid", runs: [] }, "#grid="],
  [{ view: "compare", runs: ["a,b", "ü="] }, "#compare=a%2Cb,%C3%BC%3D"],
])("%j is %s, there and back", (place, link) => {
  expect(linkTo(place)).toBe(link);
  expect(placeOf(link)).toEqual(place);
});

test("what is looked at without a run has no link", () => {
  expect(linkTo({ view: "look", runs: [] })).toBe("");
});

test.each(["", "#", "#look", "#look=", "#elsewhere=a", "#section-2"])(
  "%j leads nowhere",
  (link) => {
    expect(placeOf(link)).toBeNull();
  },
);

test("a run is beside others once", () => {
  expect(placeOf("#compare=a.b,c.d,a.b")?.runs).toEqual(["a.b", "c.d"]);
});

test("a link that was cut off leads to what is left of it", () => {
  expect(placeOf("#compare=a.b,%C3")).toEqual({ view: "compare", runs: ["a.b"] });
});

test("of what is muted, a link tells what can be read", () => {
  expect(placeOf("#look=a.b;mute=3-,x,1-2,-4,5-6-7")?.mutes).toEqual([[1, 2]]);
  expect(placeOf("#look=a.b;mute=")?.mutes).toBeUndefined();
});
