import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { criticalPath, type StepTimes } from "../../src/core/critical-path.ts";

const ran = (startedMs: number, endedMs: number): StepTimes => ({ startedMs, endedMs });
const NEVER: StepTimes = { startedMs: null, endedMs: null };

describe("the critical path", () => {
  test("goes through the branch that took longest", () => {
    const parents = [[], [0], [0], [1, 2]];
    const times = [ran(0, 5), ran(5, 9), ran(5, 40), ran(40, 41)];

    expect(criticalPath(parents, times)).toEqual([0, 2, 3]);
  });

  test("ends with the step that ended last, though others come after its sibling", () => {
    const parents = [[], [0], [0], [1]];
    const times = [ran(0, 5), ran(5, 9), ran(5, 40), ran(9, 12)];

    expect(criticalPath(parents, times)).toEqual([0, 2]);
  });

  test("leaves out steps that never started, or canceled before they did", () => {
    const parents = [[], [0], [1]];
    const times = [ran(0, 5), { startedMs: null, endedMs: 6 }, { startedMs: null, endedMs: 6 }];

    expect(criticalPath(parents, times)).toEqual([0]);
    expect(criticalPath([[], [0]], [NEVER, NEVER])).toEqual([]);
    expect(criticalPath([], [])).toEqual([]);
  });

  test("starts behind a parent that did not run", () => {
    expect(criticalPath([[], [0], [1]], [NEVER, ran(3, 4), ran(4, 9)])).toEqual([1, 2]);
  });

  test("leaves out what is still running", () => {
    const times = [ran(0, 5), { startedMs: 5, endedMs: null }];

    expect(criticalPath([[], [0]], times)).toEqual([0]);
  });

  test("takes the first by place of those that ended together, in whatever order they are named", () => {
    expect(criticalPath([[], [], [1, 0]], [ran(0, 5), ran(0, 5), ran(5, 6)])).toEqual([0, 2]);
  });

  test("is as long as the chain of ten thousand steps", () => {
    const parents = Array.from({ length: 10_000 }, (_, i) => (i === 0 ? [] : [i - 1]));
    const times = parents.map((_, i) => ran(i, i + 1));

    expect(criticalPath(parents, times)).toEqual(parents.map((_, i) => i));
  });

  test("is a chain of parents in which no other parent ended later, from one without a parent that ran", () => {
    fc.assert(
      fc.property(aPlayedGraph(), ({ parents, times }) => {
        const path = criticalPath(parents, times);
        const endOf = (place: number): number => times[place]?.endedMs ?? -1;
        const hasRun = (place: number): boolean =>
          times[place]?.startedMs !== null && times[place]?.endedMs !== null;
        const ranOf = (places: readonly number[]): readonly number[] => places.filter(hasRun);

        expect(path.every(hasRun)).toBe(true);
        expect(path.length > 0).toBe(times.some((_, place) => hasRun(place)));
        const all = ranOf(times.map((_, place) => place));
        const last = path.at(-1);
        if (last !== undefined) expect(endOf(last)).toBe(Math.max(...all.map(endOf)));
        path.forEach((place, i) => {
          const before = ranOf(parents[place] ?? []);
          const parent = path[i - 1];
          if (parent === undefined) expect(before).toEqual([]);
          else {
            expect(before).toContain(parent);
            expect(endOf(parent)).toBe(Math.max(...before.map(endOf)));
          }
        });
      }),
    );
  });
});

function aPlayedGraph(): fc.Arbitrary<{
  readonly parents: readonly (readonly number[])[];
  readonly times: readonly StepTimes[];
}> {
  const aTime = fc.option(fc.nat({ max: 20 }), { freq: 4 });
  const aStep = fc.record({
    parents: fc.array(fc.nat(), { maxLength: 4 }),
    startedMs: aTime,
    endedMs: aTime,
  });
  return fc.array(aStep, { maxLength: 15 }).map((steps) => ({
    parents: steps.map(({ parents }, i) =>
      i === 0 ? [] : [...new Set(parents.map((parent) => parent % i))],
    ),
    times: steps.map(({ startedMs, endedMs }) => ({ startedMs, endedMs })),
  }));
}
