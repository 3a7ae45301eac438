import fc from "fast-check";
import { expect, test } from "vitest";
import { changedParts, tickChanges } from "../../src/core/calendar-impact.ts";
import { compileCalendar, type Calendar, type CalendarRules } from "../../src/core/calendar.ts";
import { dateOfDay } from "../../src/core/civil-date.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { compileSchedule, isClosed, ticksBetween, type Schedule } from "../../src/core/schedule.ts";
import type { TickRange } from "../../src/core/tick-source.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const DAY_MS = 86_400_000;
const FROM_DAY = 20_000;
const DAYS = 60;
const SAMPLES = 20;

const someDays = fc.uniqueArray(fc.integer({ min: FROM_DAY - 5, max: FROM_DAY + DAYS + 5 }), {
  maxLength: 12,
});

const rules: fc.Arbitrary<CalendarRules> = fc
  .record({
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    include: someDays,
    exclude: someDays,
  })
  .map(({ weekdays, include, exclude }) => ({
    weekdays,
    include: include.map(namedDay),
    exclude: exclude.filter((day) => !include.includes(day)).map(namedDay),
    allOf: [],
    anyOf: [],
    knownUntil: null,
  }));

const schedule: fc.Arbitrary<ScheduleSpec> = fc
  .record({
    roll: fc.constantFrom("skip", "previous", "next"),
    timezone: fc.constantFrom("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"),
    cron: fc.constantFrom("0 9 * * *", "30 0,23 * * *", "0 12 1,15 * *", "0 */6 * * *", null),
    ticksMax: fc.option(fc.integer({ min: 1, max: 100 })),
  })
  .map(({ roll, timezone, cron, ticksMax }): ScheduleSpec => {
    const calendar = { name: "office", roll };
    const startAt = ticksMax === null ? null : new Date((FROM_DAY - 3) * DAY_MS).toISOString();
    const more = { timezone, calendar, startAt, ticksMax };
    if (cron !== null)
      return { kind: "cron", cron, dialect: "standard", ...CRON_DEFAULTS, ...more };
    return {
      kind: "every",
      every: "7h",
      anchor: "2024-01-01T00:00:00Z",
      ...EVERY_DEFAULTS,
      ...more,
    };
  });

const range = fc.tuple(fc.nat(DAYS * DAY_MS), fc.nat(DAYS * DAY_MS)).map(([a, b]) => ({
  afterMs: FROM_DAY * DAY_MS + Math.min(a, b),
  untilMs: FROM_DAY * DAY_MS + Math.max(a, b),
}));

test("what moves is what is open under one calendar only", () => {
  fc.assert(
    fc.property(rules, rules, schedule, range, (was, will, spec, within) => {
      expectWhatMoves(was, will, { spec, within });
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["previous", [1, 2, 6, 7], [1, 2, 3, 6, 7], "2024-11-25T19:00:00Z"],
  ["next", [1, 2, 6, 7], [1, 2, 5, 6, 7], "2024-11-24T00:00:00Z"],
] as const)(
  "a day that changes outside the range moves ticks into it, to the %s open day",
  (roll, was, will, edge) => {
    const spec: ScheduleSpec = {
      kind: "every",
      every: "7h",
      anchor: "2024-01-01T00:00:00Z",
      ...EVERY_DEFAULTS,
      timezone: roll === "previous" ? "Asia/Shanghai" : "America/New_York",
      calendar: { name: "office", roll },
    };
    const edgeMs = Date.parse(edge);
    const within =
      roll === "previous"
        ? { afterMs: edgeMs - DAY_MS / 4, untilMs: edgeMs }
        : { afterMs: edgeMs, untilMs: edgeMs + DAY_MS / 4 };

    expectWhatMoves(openOn(was), openOn(will), { spec, within });
  },
);

function expectWhatMoves(
  was: CalendarRules,
  will: CalendarRules,
  { spec, within }: { readonly spec: ScheduleSpec; readonly within: TickRange },
): void {
  const [old, next] = [compiled(was), compiled(will)];
  const before = compileSchedule(spec, () => old);
  const after = compileSchedule(spec, () => next);

  const found = tickChanges(
    { before, after, spec, samples: SAMPLES },
    changedParts(old, next, within),
    { ...within, budget: { ticks: 100_000 } },
  );

  const [had, has] = [openTicks(before, within), openTicks(after, within)];
  const removed = had.filter((tick) => !has.includes(tick));
  const added = has.filter((tick) => !had.includes(tick));
  expect(found).toEqual({
    removed: removed.slice(0, SAMPLES),
    added: added.slice(0, SAMPLES),
    removedCount: removed.length,
    addedCount: added.length,
  });
}

test("a budget that is used up is said, not exceeded", () => {
  const [old, next] = [compiled(openOn([1, 2, 3, 4, 5])), compiled(openOn([6, 7]))];
  const within = { afterMs: FROM_DAY * DAY_MS, untilMs: (FROM_DAY + 366) * DAY_MS };
  const calendar = { name: "office", roll: "next" } as const;
  const spec: ScheduleSpec = {
    kind: "every",
    every: "5m",
    anchor: "2024-01-01T00:00:00Z",
    ...EVERY_DEFAULTS,
    calendar,
  };
  const change = {
    before: compileSchedule(spec, () => old),
    after: compileSchedule(spec, () => next),
    spec,
    samples: SAMPLES,
  };

  const parts = changedParts(old, next, within);

  expect(tickChanges(change, parts, { ...within, budget: { ticks: 1_000 } })).toBeNull();
});

function openOn(weekdays: readonly number[]): CalendarRules {
  return { weekdays, include: [], exclude: [], allOf: [], anyOf: [], knownUntil: null };
}

function namedDay(day: number): { readonly date: string; readonly name: null } {
  return { date: dateOfDay(day), name: null };
}

function compiled(is: CalendarRules): Calendar {
  return compileCalendar({
    namespace: "default",
    name: "office",
    version: 1,
    rules: is,
    parts: {},
  });
}

function openTicks(is: Schedule, within: TickRange): readonly number[] {
  const { ticks } = ticksBetween(is, { ...within, limit: 10_000 });
  return ticks.filter((tick) => !isClosed(is, tick));
}
