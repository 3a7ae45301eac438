import fc from "fast-check";
import type { CalendarCopy, CalendarDate, CalendarRules } from "../../src/core/calendar.ts";
import type { DstRule, ScheduleSpec } from "../../src/core/job.ts";
import { offsetTable } from "./offset-table.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "./specs.ts";

type Calendared = Extract<ScheduleSpec, { readonly kind: "cron" | "every" }>;

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 24;
/** Newfoundland put its clocks back at a minute past midnight until 2010. */
const REPEATED_MIDNIGHTS = ["2007-11-04", "2008-11-02", "2009-11-01", "2010-11-07"] as const;
const ZONES = [
  "UTC",
  "Europe/Stockholm",
  "America/St_Johns",
  "America/Havana",
  "America/Sao_Paulo",
  "Africa/Cairo",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "America/Scoresbysund",
] as const;

/** A schedule with bounds and a calendar, and the window in which the reference lists its ticks. */
export interface CalendarCase {
  readonly spec: Calendared;
  readonly calendar: CalendarCopy;
  readonly fromMs: number;
  readonly untilMs: number;
}

export function aCalendarCase(): fc.Arbitrary<CalendarCase> {
  return aWindow().chain(({ timezone, fromMs }) =>
    aCaseIn(timezone, { fromMs, untilMs: fromMs + WINDOW_DAYS * DAY_MS }),
  );
}

/** A short window around a midnight that the clocks of Newfoundland showed twice. */
export function aRepeatedMidnight(): fc.Arbitrary<CalendarCase> {
  return fc.constantFrom(...REPEATED_MIDNIGHTS).chain((date) => {
    const fromMs = Date.parse(date) - DAY_MS;
    return aCaseIn("America/St_Johns", { fromMs, untilMs: fromMs + 3 * DAY_MS });
  });
}

function aCaseIn(
  timezone: string,
  { fromMs, untilMs }: Pick<CalendarCase, "fromMs" | "untilMs">,
): fc.Arbitrary<CalendarCase> {
  const anInstant = fc
    .integer({ min: fromMs, max: untilMs })
    .map((ms) => new Date(Math.floor(ms / 1_000) * 1_000).toISOString());
  return fc
    .record({
      bare: aBareSpec(timezone, fromMs),
      roll: fc.constantFrom("skip", "previous", "next" as const),
      calendar: aCalendar(Math.floor(fromMs / DAY_MS)),
      startAt: fc.option(anInstant),
      endAt: fc.option(anInstant),
      ticksMax: fc.option(fc.integer({ min: 1, max: 40 })),
      isBounded: fc.boolean(),
      hasCalendar: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
    })
    .map(({ bare, roll, calendar, startAt, endAt, ticksMax, isBounded, hasCalendar }) => {
      const isInOrder = startAt === null || endAt === null || startAt <= endAt;
      const bounds = {
        startAt: isInOrder ? startAt : endAt,
        endAt: isInOrder ? endAt : startAt,
        ticksMax: startAt === null ? null : ticksMax,
      };
      const use = hasCalendar ? { name: calendar.name, roll } : null;
      const spec = { ...bare, ...(isBounded ? bounds : {}), calendar: use };
      return { spec, calendar, fromMs, untilMs };
    });
}

/**
 * A calendar with open weekdays, with dates in the months from a day on, and perhaps with parts.
 */
export function aCalendar(fromDay: number): fc.Arbitrary<CalendarCopy> {
  const rules = (allOf: readonly string[], anyOf: readonly string[]): fc.Arbitrary<CalendarRules> =>
    fc
      .record({
        weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 7 }),
        days: fc.uniqueArray(fc.integer({ min: -4, max: WINDOW_DAYS + 4 }), { maxLength: 8 }),
        included: fc.nat(4),
      })
      .map(({ weekdays, days, included }) => ({
        weekdays,
        include: days.slice(0, included).map((day) => named(fromDay + day)),
        exclude: days.slice(included).map((day) => named(fromDay + day)),
        allOf,
        anyOf,
        knownUntil: null,
      }));
  const whole = fc.oneof(
    { weight: 2, arbitrary: rules([], []) },
    { weight: 1, arbitrary: rules(["holidays"], []) },
    { weight: 1, arbitrary: rules([], ["holidays", "shifts"]) },
  );
  return fc
    .record({ whole, holidays: rules(["shifts"], []), shifts: rules([], []) })
    .map(({ whole: own, holidays, shifts }) => ({
      namespace: "default",
      name: "days",
      version: 1,
      // Sundays stay open somewhere, so that no stretch of closed days outgrows the reference.
      rules: { ...own, weekdays: [...new Set([...own.weekdays, 7])] },
      parts: {
        holidays: { ...holidays, weekdays: [1, 2, 3, 4, 5, 6, 7] },
        shifts: { ...shifts, weekdays: [...new Set([...shifts.weekdays, 7])] },
      },
    }));
}

function named(day: number): CalendarDate {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return { date, name: day % 2 === 0 ? `Day ${day}` : null };
}

/** Around a change of the clocks, three times out of four. */
function aWindow(): fc.Arbitrary<{ readonly timezone: string; readonly fromMs: number }> {
  return fc
    .record({
      timezone: fc.constantFrom(...ZONES),
      change: fc.nat(),
      isAtChange: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      anywhereMs: fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2030, 0, 1) }),
      leadMs: fc.integer({ min: 1, max: WINDOW_DAYS * DAY_MS }),
    })
    .map(({ timezone, change, isAtChange, anywhereMs, leadMs }) => {
      const changes = offsetTable(timezone).changes.filter(({ atMs }) => atMs < Date.UTC(2038));
      const changeMs = isAtChange ? changes[change % changes.length]?.atMs : undefined;
      return { timezone, fromMs: Math.max(Date.UTC(2007, 6), (changeMs ?? anywhereMs) - leadMs) };
    });
}

function aBareSpec(timezone: string, fromMs: number): fc.Arbitrary<Calendared> {
  const dst: fc.Arbitrary<DstRule> = fc.record({
    gap: fc.constantFrom("shift", "skip"),
    fold: fc.constantFrom("first", "last", "both"),
  });
  const pattern = fc.constantFrom(
    "0 0 * * *",
    "30 2 * * *",
    "30 0,1,2,23 * * *",
    "45 23 * * *",
    "*/5 * * * *",
    "*/30 0-3,22-23 * * *",
    "0 12 * * 1-5",
    "15 1 */3 * *",
    "0 3 1 * *",
    "59 59 23 * * *",
  );
  const cron = fc.record({ cron: pattern, dst }).map((drawn): Calendared => ({
    kind: "cron",
    dialect: "standard",
    timezone,
    ...CRON_DEFAULTS,
    ...drawn,
  }));
  const every = fc
    .record({
      minutes: fc.integer({ min: 5, max: 4_000 }),
      anchor: fc.integer({ min: -30, max: 10 }),
    })
    .map(({ minutes, anchor }): Calendared => ({
      kind: "every",
      every: `${minutes}m`,
      anchor: new Date(fromMs + anchor * DAY_MS + 12_345).toISOString(),
      ...EVERY_DEFAULTS,
      timezone,
    }));
  return fc.oneof({ weight: 3, arbitrary: cron }, { weight: 1, arbitrary: every });
}
