import fc from "fast-check";
import { expect, test } from "vitest";
import { WaitingLine, type InLine } from "../../src/shard/waiting-line.ts";

interface Step {
  readonly isJoining: boolean;
  readonly nominalMs: number;
  /** Which of those that stand in the line leaves: mostly the first. */
  readonly place: number;
}

test("a line is what a sorted list of the same would be", () => {
  fc.assert(
    fc.property(fc.array(aStep(), { maxLength: 300 }), (steps) => {
      const line = new WaitingLine<InLine>();
      const list: InLine[] = [];
      for (const [i, { isJoining, nominalMs, place }] of steps.entries()) {
        if (isJoining) {
          const item = { nominalMs, id: `run_${(i * 7_919) % 1_000}_${i}` };
          line.add(item);
          list.push(item);
          list.sort((a, b) => a.nominalMs - b.nominalMs || (a.id < b.id ? -1 : 1));
        } else {
          const [gone] = list.splice(Math.min(place, list.length - 1), 1);
          if (gone !== undefined) line.remove(gone);
        }
        expect(line.size).toBe(list.length);
        expect(line.first(place)).toEqual(list.slice(0, place));
        const probe = { nominalMs, id: "run_5" };
        const before = list.filter((item) => isBefore(item, probe));
        expect(line.ahead(probe)).toBe(before.length);
      }
    }),
    { numRuns: 300 },
  );
});

function isBefore(one: InLine, other: InLine): boolean {
  if (one.nominalMs !== other.nominalMs) return one.nominalMs < other.nominalMs;
  return one.id < other.id;
}

function aStep(): fc.Arbitrary<Step> {
  return fc.record({
    isJoining: fc.boolean(),
    nominalMs: fc.nat(20),
    place: fc.oneof(fc.constant(0), fc.nat(5)),
  });
}
