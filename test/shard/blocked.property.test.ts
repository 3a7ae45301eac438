import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockedPlay, bounds, step } from "../support/blocked-play.ts";

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
    { numRuns: 300 },
  );
});
