import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockedPlay, bounds, step, type Step } from "../support/blocked-play.ts";

/** Places of a node are given back before and after its executor was found full: one run cannot take both. */
const LAST_PLACES: [
  { executor: null; nodes: [null, null, null, null] },
  { hosts: 2; slots: 6 },
  Step[],
] = [
  { executor: null, nodes: [null, null, null, null] },
  { hosts: 2, slots: 6 },
  [
    { make: 3, count: 4 },
    { push: { executor: 3, nodes: [null, 2, null, null] } },
    { answer: 0, how: "accept" },
    { answer: 0, how: "fail" },
    { make: 1, count: 2 },
    { callBack: 0 },
  ],
];

test("no bound is ever passed, and no run waits while there is a place for it", () => {
  fc.assert(
    fc.property(
      bounds,
      fc.record({ hosts: fc.integer({ min: 1, max: 6 }), slots: fc.constantFrom(3, 6, 100) }),
      fc.array(step, { minLength: 5, maxLength: 60 }),
      (first, sizes, steps) => {
        const play = new BlockedPlay(first, sizes);
        for (const each of steps) {
          play.do(each);
          expect(play.settle()).toEqual([]);
        }
        expect(play.drain()).toEqual([]);
      },
    ),
    { numRuns: 300, examples: [LAST_PLACES] },
  );
});
