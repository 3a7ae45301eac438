import fc from "fast-check";
import { expect, test } from "vitest";
import { LiveParts } from "../../src/core/live-parts.ts";

const aPart = fc.record({
  step: fc.constantFrom(0, 1, 9_999),
  part: fc.constantFrom(-1, 0, 1, 9_999),
  revision: fc.constantFrom(1, 2, 10_000),
  isCompensation: fc.boolean(),
});

test("tells parts apart by all that names them, and lists them in one order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(aPart, { selector: (part) => JSON.stringify(part) }), (parts) => {
      const live = new LiveParts();
      for (const part of parts.toReversed()) live.add(part);
      const sorted = parts.toSorted(
        (a, b) =>
          a.step - b.step ||
          a.part - b.part ||
          a.revision - b.revision ||
          Number(a.isCompensation) - Number(b.isCompensation),
      );
      expect(live.inOrder()).toEqual(sorted);

      for (const part of parts) {
        expect([live.has(part), live.delete(part), live.delete(part)]).toEqual([true, true, false]);
        expect(live.has(part)).toBe(false);
      }
      expect(live.size).toBe(0);
    }),
  );
});
