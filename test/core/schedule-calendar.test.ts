import { describe, expect, test } from "vitest";
import { compileCalendar, type Calendar } from "../../src/core/calendar.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import {
  assertFires,
  calendarOfSchedule,
  compileSchedule,
  compileScheduleLeniently,
  countTicks,
  isClosed,
  lastOpenTicks,
  nextOpenTick,
  nextTick,
  nextTicks,
  segmentsBetween,
  ticksBetween,
} from "../../src/core/schedule.ts";
import { aCalendarCopy } from "../support/a-calendar.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";
import { refusal } from "../support/refused.ts";

const NOW = at("2026-05-01T00:00:00Z"); // A Friday.
const DAILY = {
  kind: "cron",
  cron: "0 9 * * *",
  dialect: "standard",
  timezone: "UTC",
  ...CRON_DEFAULTS,
} as const;
const HOURLY = {
  kind: "every",
  every: "1h",
  anchor: "2026-05-01T00:30:00Z",
  ...EVERY_DEFAULTS,
} as const;

describe("a calendar that closes days", () => {
  const weekdays = calendar([1, 2, 3, 4, 5]);
  const spec = { ...DAILY, calendar: { name: "days", roll: "skip" } } as const;
  const schedule = compileSchedule(spec, () => weekdays);
  const week = { afterMs: NOW, untilMs: NOW + 7 * 86_400_000 };

  test("leaves closed ticks nominal, and names them", () => {
    const { ticks } = ticksBetween(schedule, { ...week, limit: 10 });

    expect(ticks).toHaveLength(7);
    expect(texts(ticks.filter((tick) => isClosed(schedule, tick)))).toEqual([
      "2026-05-02T09:00:00Z",
      "2026-05-03T09:00:00Z",
    ]);
    expect(texts([nextOpenTick(schedule, at("2026-05-01T09:00:00Z")) ?? 0])).toEqual([
      "2026-05-04T09:00:00Z",
    ]);
    expect(
      texts(lastOpenTicks(schedule, { ...week, untilMs: at("2026-05-03T12:00:00Z"), n: 2 })),
    ).toEqual(["2026-05-01T09:00:00Z"]);
    expect(segmentsBetween(schedule, { ...week, limit: 9 }).segments).toMatchObject([
      { count: 1, isClosed: false },
      { count: 2, isClosed: true },
      { count: 4, isClosed: false },
    ]);
    expect(calendarOfSchedule(schedule)).toEqual({ name: "days", version: 1 });
  });

  test("judges a tick by the local date of the schedule's zone", () => {
    // 23:00 on a Friday in New York is a Saturday in UTC.
    const late = compileSchedule(
      { ...spec, cron: "0 23 * * 5", timezone: "America/New_York" },
      () => weekdays,
    );
    const tick = nextTick(late, NOW) ?? 0;

    expect(new Date(tick).getUTCDay()).toBe(6);
    expect(isClosed(late, tick)).toBe(false);
  });

  test("counts a year of ticks by the second without listing them", () => {
    const dense = compileSchedule({ ...spec, cron: "* * * * * *" }, () => weekdays);
    const year = { afterMs: NOW - 1, untilMs: NOW + 365 * 86_400_000 - 1, limit: 1_000 };
    const { segments, isComplete } = segmentsBetween(dense, year);
    const open = segments.filter((segment) => !segment.isClosed);

    expect(isComplete).toBe(true);
    expect(open.reduce((sum, { count }) => sum + count, 0)).toBe(261 * 86_400);
  });

  test("is refused where it is not known, unless the schedule is read leniently", () => {
    const data = refusal(() => compileSchedule(spec));

    expect(data.code).toBe("calendar.unknown");
    expect(data.errors?.[0]?.pointer).toBe("/schedule/calendar/name");
    expect(nextTick(compileScheduleLeniently(spec), NOW)).toBe(at("2026-05-01T09:00:00Z"));
  });

  test("is named when it leaves no tick", () => {
    const sundays = compileSchedule({ ...spec, cron: "0 9 * * 0" }, () => weekdays);
    const data = refusal(() => assertFires(sundays, NOW));

    expect(data.code).toBe("schedule.never_fires");
    expect(data.detail).toMatch(/the calendar "days" leaves no tick/);
    expect(data.errors?.[0]?.pointer).toBe("/schedule/calendar");
    expect(nextTick(sundays, NOW)).not.toBeNull();
  });

  test("finds a leap day that falls on its only weekday, 28 years ahead", () => {
    const leap = compileSchedule({ ...spec, cron: "0 9 29 2 *" }, () => calendar([7]));

    // 29 February 2032 is a Sunday.
    expect(texts([nextOpenTick(leap, at("2032-03-01T00:00:00Z")) ?? 0])).toEqual([
      "2060-02-29T09:00:00Z",
    ]);
  });
});

describe("a calendar that moves ticks", () => {
  const weekdays = calendar([1, 2, 3, 4, 5]);
  const rolled = (
    roll: "previous" | "next",
    given: Partial<Extract<ScheduleSpec, { readonly kind: "cron" }>> = {},
  ): ScheduleSpec => ({ ...DAILY, ...given, calendar: { name: "days", roll } });

  test.each([
    ["previous", ["2026-05-01T09:00:00Z", "2026-06-03T09:00:00Z"]],
    ["next", ["2026-05-04T09:00:00Z", "2026-06-03T09:00:00Z"]],
  ] as const)("moves the third of May, a Sunday, to the %s weekday", (roll, expected) => {
    const schedule = compileSchedule(rolled(roll, { cron: "0 9 3 * *" }), () => weekdays);

    expect(texts(nextTicks(schedule, NOW, 2))).toEqual(expected);
    expect(nextTicks(schedule, NOW, 2).some((tick) => isClosed(schedule, tick))).toBe(false);
  });

  test("ticks that fall together are one", () => {
    const schedule = compileSchedule(rolled("next"), () => weekdays);
    const week = { afterMs: NOW, untilMs: NOW + 7 * 86_400_000 };

    expect(countTicks(schedule, week)).toBe(5);
  });

  test("a moved tick must lie within the bounds, wherever it came from", () => {
    const bounds = { startAt: "2026-05-04T00:00:00Z", endAt: "2026-05-04T23:00:00Z" };
    const spec = rolled("next", { cron: "0 9 3 * *", ...bounds });

    expect(
      texts(
        nextTicks(
          compileSchedule(spec, () => weekdays),
          0,
          5,
        ),
      ),
    ).toEqual(["2026-05-04T09:00:00Z"]);
  });

  test.each([
    ["gap", { gap: "shift", fold: "first" }, "2026-03-29T01:00:00Z"],
    ["gap", { gap: "skip", fold: "first" }, null],
    ["fold", { gap: "shift", fold: "last" }, "2026-10-25T01:30:00Z"],
  ] as const)("lands in a %s by the schedule's own rule %j", (kind, dst, expected) => {
    // Only the Sunday of the change is open; the tick comes from the Saturday before.
    const sunday = kind === "gap" ? "2026-03-29" : "2026-10-25";
    const only = calendarOn(sunday);
    const saturday = kind === "gap" ? "30 2 28 3 *" : "30 2 24 10 *";
    const spec: ScheduleSpec = {
      ...DAILY,
      cron: saturday,
      timezone: "Europe/Stockholm",
      dst,
      calendar: { name: "days", roll: "next" },
    };
    const found = nextTick(
      compileSchedule(spec, () => only),
      at("2026-01-01T00:00:00Z"),
    );

    expect(found === null ? null : texts([found])[0]).toBe(expected);
  });

  test("leaves out a tick that is more than a year from any open day", () => {
    const only = calendarOn("2026-05-20");
    const ticks = (roll: "previous" | "next"): number[] =>
      nextTicks(
        compileSchedule(rolled(roll), () => only),
        at("2020-01-01T00:00:00Z"),
        9,
      );

    expect(texts(ticks("next"))).toEqual(["2026-05-20T09:00:00Z"]);
    expect(texts(ticks("previous"))).toEqual(["2026-05-20T09:00:00Z"]);
    expect(
      refusal(() =>
        assertFires(
          compileSchedule(rolled("next"), () => only),
          at("2027-01-01T00:00:00Z"),
        ),
      ).detail,
    ).toMatch(/calendar "days" leaves no tick/);
  });

  test.each([
    [{ ...DAILY, cron: "*/4 * * * *" }],
    [{ ...DAILY, cron: "* * * * * *" }],
    [{ ...HOURLY, every: "299s" }],
  ])("is refused for a dense schedule: %j", (spec) => {
    const dense: ScheduleSpec = { ...spec, calendar: { name: "days", roll: "next" } };
    const data = refusal(() => compileSchedule(dense, () => weekdays));

    expect(data.code).toBe("schedule.invalid");
    expect(data.errors?.[0]?.pointer).toBe("/schedule/calendar/roll");
  });

  test.each([
    [{ ...DAILY, cron: "*/5 * * * *" }],
    [{ ...DAILY, cron: "* 9-12 * * 1" }],
    [{ ...HOURLY, every: "5m" }],
  ])("is allowed up to a tick every five minutes: %j", (spec) => {
    const sparse: ScheduleSpec = { ...spec, calendar: { name: "days", roll: "next" } };
    expect(
      nextTick(
        compileSchedule(sparse, () => weekdays),
        NOW,
      ),
    ).not.toBeNull();
  });
});

function calendar(weekdays: readonly number[]): Calendar {
  return compileCalendar(aCalendarCopy("days", { weekdays }));
}

function calendarOn(date: string): Calendar {
  return compileCalendar(aCalendarCopy("days", { weekdays: [], include: [{ date, name: null }] }));
}

function at(text: string): number {
  return Date.parse(text);
}

function texts(ticks: readonly number[]): string[] {
  return ticks.map((ms) => new Date(ms).toISOString().replace(".000Z", "Z"));
}
