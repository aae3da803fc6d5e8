import { describe, expect, test } from "vitest";
import { isReview, notesOf, type Review, reviewFile, tally } from "../../src/model/review";
import { newId } from "../../src/model/ids";

const review = (change: Partial<Review> = {}): Review => ({
  id: newId(),
  run: "r",
  report: "",
  number: 0,
  about: "",
  opinion: "agree",
  note: "",
  by: "Ada",
  at: 1,
  ...change,
});

describe("opinions", () => {
  test("are counted by people, of whom the latest counts", () => {
    const all = [
      review({ opinion: "unsure", at: 3, by: "ada " }),
      review({ opinion: "agree", at: 1 }),
      review({ opinion: "agree", by: "Ben" }),
      review({ opinion: null, note: "Hm.", by: "Ben", at: 9 }),
    ];
    expect(tally(all)).toEqual([
      ["agree", 1],
      ["unsure", 1],
    ]);
  });
  test("of people without a name are one each", () => {
    expect(tally([review({ by: "" }), review({ by: "" })])).toEqual([["agree", 2]]);
    expect(tally([])).toEqual([]);
  });
});

describe("what is kept", () => {
  test("is a review, or is not shown", () => {
    expect(isReview(review())).toBe(true);
    expect(isReview(review({ opinion: null }))).toBe(true);
    for (const broken of [
      null,
      {},
      { ...review(), opinion: "maybe" },
      { ...review(), at: "today" },
      { ...review(), at: 1e300 }, // a date that no browser can write
      { ...review(), number: null },
      { ...review(), note: 1 },
    ]) {
      expect(isReview(broken)).toBe(false);
    }
  });
  test("has an id of its own", () => {
    expect(new Set(Array.from({ length: 100 }, newId)).size).toBe(100);
  });
  test("has notes, the first one first", () => {
    const all = [review({ note: "later", at: 2, by: "" }), review({ note: "first" }), review()];
    expect(notesOf(all)).toBe("Ada: first\nlater");
  });
});

test("a file has what was said, by the numbers of the runs", () => {
  const at = new Date("2026-11-29T10:00:00Z");
  const said = [
    { opinion: null, note: "  " },
    { opinion: "disagree", note: " <b>No</b>\n" },
  ] as const;
  expect(JSON.parse(reviewFile({ id: "x", title: "T" }, said, " Ada ", at))).toEqual({
    backlit_review: 1,
    report: "x",
    title: "T",
    reviews: [
      { run: 2, opinion: "disagree", note: "<b>No</b>", by: "Ada", at: "2026-11-29T10:00:00.000Z" },
    ],
  });
});
