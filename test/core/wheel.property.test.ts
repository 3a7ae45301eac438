import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimingWheel } from "../../src/core/wheel.ts";

/** The model: a plain list, sorted by due time, equal ones in the order of insertion. */
interface SortedList {
  entries: readonly Entry[];
}

interface Entry {
  readonly key: string;
  readonly dueMs: number;
}

type WheelCommand = fc.Command<SortedList, TimingWheel<string>>;

describe("the wheel", () => {
  test("behaves as a sorted list, whatever is asked of it", () => {
    fc.assert(
      fc.property(
        fc.commands([anInsert(), aCancel(), anAdvance(), aClear()], {
          size: "+2",
          maxCommands: 200,
        }),
        (commands) => {
          const model: SortedList = { entries: [] };
          const real = new TimingWheel<string>();
          fc.modelRun(() => ({ model, real }), commands);
          expect(real.advance(Number.MAX_SAFE_INTEGER)).toEqual(keysOf(model.entries));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("expires crowds of entries as a sorted list does, while others come and go", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(aDue(), fc.nat(20)), { minLength: 100, maxLength: 600 }),
        fc.nat(400),
        fc.array(aDue(), { minLength: 1, maxLength: 5 }),
        (drawn, canceled, instants) => {
          const wheel = new TimingWheel<string>();
          const dues = drawn.map(([dueMs, near]) => dueMs - (dueMs > 20 ? near : 0));
          const entries = dues.map((dueMs, i) => ({ key: `k${i}`, dueMs }));
          for (const { key, dueMs } of entries) wheel.insert(key, dueMs);
          for (const { key } of entries.slice(0, canceled)) {
            wheel.cancel(key);
            wheel.nextDueMs(); // Divides slots on the way, which must not disturb the others.
          }
          const rest = sorted(entries.slice(canceled));
          const expired = instants.toSorted((a, b) => a - b).flatMap((at) => wheel.advance(at));
          const until = Math.max(...instants);
          const expected = rest.filter(({ dueMs }) => dueMs <= until).map(({ key }) => key);
          expect(expired).toEqual(expected);
          expect(wheel.size).toBe(rest.length - expected.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("advancing in two steps equals advancing in one", () => {
    fc.assert(
      fc.property(fc.array(aDue(), { maxLength: 300 }), aDue(), aDue(), (dues, a, b) => {
        const [one, two] = [new TimingWheel<number>(), new TimingWheel<number>()];
        for (const [key, dueMs] of dues.entries()) {
          one.insert(key, dueMs);
          two.insert(key, dueMs);
        }
        const steps = [...two.advance(Math.min(a, b)), ...two.advance(Math.max(a, b))];
        expect(steps).toEqual(one.advance(Math.max(a, b)));
        expect(two.nextDueMs()).toBe(one.nextDueMs());
      }),
    );
  });

  test("advancing under a limit equals advancing at once, piece by piece", () => {
    fc.assert(
      fc.property(
        fc.array(aDue(), { maxLength: 200 }),
        aDue(),
        fc.integer({ min: 1, max: 50 }),
        (dues, nowMs, limit) => {
          const [one, many] = [new TimingWheel<number>(), new TimingWheel<number>()];
          for (const [key, dueMs] of dues.entries()) {
            one.insert(key, dueMs);
            many.insert(key, dueMs);
          }
          const pieces: number[] = [];
          for (;;) {
            const piece = many.advance(nowMs, limit);
            expect(piece.length).toBeLessThanOrEqual(limit);
            if (piece.length === 0) break;
            pieces.push(...piece);
          }
          expect(pieces).toEqual(one.advance(nowMs));
        },
      ),
    );
  });

  test("a clock that steps back expires nothing, and what is due then still comes", () => {
    const wheel = new TimingWheel<string>();
    wheel.insert("late", 5_000);
    expect(wheel.advance(4_000)).toEqual([]);

    wheel.insert("past", 1_500);
    expect(wheel.advance(1_000)).toEqual([]);
    expect(wheel.nextDueMs()).toBe(1_500);
    expect(wheel.advance(2_000)).toEqual(["past"]);
    expect(wheel.advance(5_000)).toEqual(["late"]);
  });

  test("inserting a key again moves its entry", () => {
    const wheel = new TimingWheel<string>();
    wheel.insert("a", 10);
    wheel.insert("a", 20);

    expect(wheel.size).toBe(1);
    expect(wheel.advance(10)).toEqual([]);
    expect(wheel.advance(20)).toEqual(["a"]);
  });

  test("a due time that is no whole number of milliseconds is a bug of the caller", () => {
    const wheel = new TimingWheel<string>();
    for (const dueMs of [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => wheel.insert("a", dueMs)).toThrow(/bug: a due time/);
  });

  test("100,000 entries of one instant expire in the order of their insertion", () => {
    const wheel = new TimingWheel<number>();
    const keys = Array.from({ length: 100_000 }, (_, key) => key);
    for (const key of keys) wheel.insert(key, 1_800_000_000_000);

    expect(wheel.nextDueMs()).toBe(1_800_000_000_000);
    expect(wheel.advance(1_800_000_000_000)).toEqual(keys);
    expect(wheel.size).toBe(0);
    expect(wheel.nextDueMs()).toBeUndefined();
  });
});

/** Near together, over many widths of slots, and at the ends of what a number holds. */
function aDue(): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 1.77e12, max: 1.77e12 + 70_000 }) },
    { weight: 1, arbitrary: fc.maxSafeNat() },
  );
}

function aKey(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 60 }).map((n) => `run${n}`);
}

function keysOf(entries: readonly Entry[]): string[] {
  return entries.map(({ key }) => key);
}

function sorted(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => a.dueMs - b.dueMs);
}

function anInsert(): fc.Arbitrary<WheelCommand> {
  return fc.tuple(aKey(), aDue()).map(([key, dueMs]) =>
    command(`insert(${key}, ${dueMs})`, (model, wheel) => {
      wheel.insert(key, dueMs);
      const others = model.entries.filter((entry) => entry.key !== key);
      model.entries = sorted([...others, { key, dueMs }]);
    }),
  );
}

function aCancel(): fc.Arbitrary<WheelCommand> {
  return aKey().map((key) =>
    command(`cancel(${key})`, (model, wheel) => {
      const isHere = model.entries.some((entry) => entry.key === key);
      expect(wheel.cancel(key)).toBe(isHere);
      model.entries = model.entries.filter((entry) => entry.key !== key);
    }),
  );
}

function anAdvance(): fc.Arbitrary<WheelCommand> {
  const limit = fc.option(fc.nat(5), { nil: Number.POSITIVE_INFINITY });
  return fc.tuple(aDue(), limit).map(([nowMs, most]) =>
    command(`advance(${nowMs}, ${most})`, (model, wheel) => {
      const due = model.entries.filter(({ dueMs }) => dueMs <= nowMs).slice(0, most);
      expect(wheel.advance(nowMs, most)).toEqual(due.map(({ key }) => key));
      model.entries = model.entries.filter((entry) => !due.includes(entry));
    }),
  );
}

function aClear(): fc.Arbitrary<WheelCommand> {
  return fc.constant(
    command("clear()", (model, wheel) => {
      wheel.clear();
      model.entries = [];
    }),
  );
}

/** After each command the size and the next due time are those of the model. */
function command(
  name: string,
  run: (model: SortedList, wheel: TimingWheel<string>) => void,
): WheelCommand {
  return {
    check: () => true,
    run: (model, wheel) => {
      run(model, wheel);
      expect(wheel.size).toBe(model.entries.length);
      expect(wheel.nextDueMs()).toBe(model.entries[0]?.dueMs);
    },
    toString: () => name,
  };
}
