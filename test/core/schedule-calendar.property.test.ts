import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCalendar } from "../../src/core/calendar.ts";
import {
  compileSchedule,
  countTicks,
  fireAtMs,
  isClosed,
  lastOpenTicks,
  lastTicks,
  nextOpenTick,
  nextTick,
  segmentsBetween,
  ticksBetween,
  type Schedule,
} from "../../src/core/schedule.ts";
import {
  aCalendar,
  aCalendarCase,
  aRepeatedMidnight,
  type CalendarCase,
} from "../support/calendar-cases.ts";
import { isOpenDay, naiveTicks, type NaiveTick } from "../support/naive-schedule.ts";

const LIMIT = 10_000;

describe("a schedule with bounds and a calendar, against the rules as they are written", () => {
  test("has the ticks that the reference lists, closed where its calendar closes them", () => {
    fc.assert(fc.property(aCalendarCase(), expectListed), { numRuns: 800 });
  });

  test("keeps its ticks in order where a midnight comes twice", () => {
    fc.assert(fc.property(aRepeatedMidnight(), expectListed), { numRuns: 600 });
  });

  test("answers from any instant what its list says, whatever it was asked before", () => {
    const aPart = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(aCalendarCase(), fc.array(aPart, { minLength: 1 }), (drawn, parts) => {
        const expected = listed(drawn);
        const asked = compiled(drawn);
        for (const part of parts) {
          const atMs = anInstantOf(drawn, expected, part);
          const next = expected.find((tick) => tick.atMs > atMs)?.atMs;
          const open = expected.find((tick) => tick.atMs > atMs && !tick.isClosed)?.atMs;

          expect(within(nextTick(asked, atMs), drawn)).toBe(next ?? null);
          expect(within(nextTick(compiled(drawn), atMs), drawn)).toBe(next ?? null);
          expect(within(nextOpenTick(asked, atMs), drawn)).toBe(open ?? null);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("looking back finds the newest ticks, and the newest open ones", () => {
    fc.assert(
      fc.property(aCalendarCase(), aCut(), fc.nat(6), (drawn, cut, n) => {
        const expected = listed(drawn);
        const range = rangeOf(drawn, cut);
        const inside = expected.filter((tick) => isInside(tick, range));
        const open = inside.filter((tick) => !tick.isClosed);
        const newest = (ticks: readonly NaiveTick[]): number[] =>
          (n === 0 ? [] : ticks.slice(-n)).map(({ atMs }) => atMs);

        expect(lastTicks(compiled(drawn), { ...range, n })).toEqual(newest(inside));
        expect(lastOpenTicks(compiled(drawn), { ...range, n })).toEqual(newest(open));
      }),
      { numRuns: 600 },
    );
  });

  test("segments alternate, and tell each tick of the range once", () => {
    fc.assert(
      fc.property(aCalendarCase(), aCut(), fc.nat(5), (drawn, cut, limit) => {
        const schedule = compiled(drawn);
        const range = rangeOf(drawn, cut);
        const inside = listed(drawn).filter((tick) => isInside(tick, range));
        const { segments, isComplete } = segmentsBetween(schedule, { ...range, limit: LIMIT });

        expect(isComplete).toBe(true);
        expect(segments).toEqual(naiveSegments(inside));
        expect(countTicks(schedule, range)).toBe(inside.length);
        expect(segmentsBetween(schedule, { ...range, limit })).toEqual({
          segments: segments.slice(0, limit),
          isComplete: segments.length <= limit,
        });
      }),
      { numRuns: 600 },
    );
  });

  test("a jitter never reaches the next nominal tick", () => {
    fc.assert(
      fc.property(aCalendarCase(), fc.uuid(), (drawn, jobId) => {
        const spec = { ...drawn.spec, jitter: "6h" };
        const schedule = compiled({ ...drawn, spec });
        for (const { atMs } of listed(drawn).slice(0, 20)) {
          const fireMs = fireAtMs(schedule, jobId, atMs);
          expect(fireMs).toBeGreaterThanOrEqual(atMs);
          expect(fireMs - atMs).toBeLessThanOrEqual(6 * 3_600_000);
          expect(fireMs).toBeLessThan(nextTick(schedule, atMs) ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test("a compiled calendar has the days open that its rules have open", () => {
  const fromDay = 20_000;
  fc.assert(
    fc.property(aCalendar(fromDay), fc.array(fc.integer({ min: -50, max: 90 })), (copy, days) => {
      const calendar = compileCalendar(copy);
      for (const day of days)
        expect(calendar.isOpen(fromDay + day)).toBe(isOpenDay(copy.rules, copy, fromDay + day));
    }),
  );
});

function expectListed(drawn: CalendarCase): void {
  const expected = listed(drawn);
  const schedule = compiled(drawn);
  const { fromMs, untilMs } = drawn;
  const range = { afterMs: fromMs - 1, untilMs };
  const found = ticksBetween(schedule, { ...range, limit: LIMIT });

  expect(found.isComplete).toBe(true);
  expect(found.ticks.map(textOf)).toEqual(expected.map(({ atMs }) => textOf(atMs)));
  expect(lastTicks(schedule, { ...range, n: LIMIT })).toEqual(found.ticks);
  expect(found.ticks.filter((tick) => isClosed(schedule, tick))).toEqual(
    expected.filter((tick) => tick.isClosed).map(({ atMs }) => atMs),
  );
}

function compiled({ spec, calendar }: CalendarCase): Schedule {
  const made = compileCalendar(calendar);
  return compileSchedule(spec, (name) => (name === made.name ? made : undefined));
}

function listed({ spec, calendar, fromMs, untilMs }: CalendarCase): readonly NaiveTick[] {
  return naiveTicks(spec, calendar, { fromMs, untilMs });
}

/** Anywhere in the window, or next to a tick. */
function anInstantOf(
  { fromMs, untilMs }: CalendarCase,
  ticks: readonly NaiveTick[],
  part: number,
): number {
  const tick = ticks[Math.floor(part * ticks.length)];
  const kind = Math.floor(part * 1_000) % 4;
  if (tick === undefined || kind === 0) return Math.floor(fromMs + part * (untilMs - fromMs));
  return tick.atMs + kind - 2;
}

/** What lies beyond the window is not the reference's to say. */
function within(tick: number | null, { untilMs }: CalendarCase): number | null {
  return tick !== null && tick > untilMs ? null : tick;
}

type Cut = readonly [number, number];

function aCut(): fc.Arbitrary<Cut> {
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  return fc.tuple(part, part).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
}

interface Range {
  readonly afterMs: number;
  readonly untilMs: number;
}

function rangeOf({ fromMs, untilMs }: CalendarCase, [from, until]: Cut): Range {
  const at = (part: number): number => Math.floor(fromMs + part * (untilMs - fromMs));
  return { afterMs: at(from), untilMs: at(until) };
}

function isInside({ atMs }: NaiveTick, { afterMs, untilMs }: Range): boolean {
  return atMs > afterMs && atMs <= untilMs;
}

function naiveSegments(ticks: readonly NaiveTick[]): readonly object[] {
  const segments: { fromMs: number; toMs: number; count: number; isClosed: boolean }[] = [];
  for (const { atMs, isClosed: isTickClosed } of ticks) {
    const last = segments.at(-1);
    if (last?.isClosed === isTickClosed) Object.assign(last, { toMs: atMs, count: last.count + 1 });
    else segments.push({ fromMs: atMs, toMs: atMs, count: 1, isClosed: isTickClosed });
  }
  return segments;
}

function textOf(ms: number): string {
  return new Date(ms).toISOString();
}
