import { describe, expect, test } from "vitest";
import {
  compileCalendar,
  openDayFrom,
  openDayUntil,
  type CalendarDate,
  type CalendarRules,
} from "../../src/core/calendar.ts";
import { CALENDAR_CHECK_LIMITS, checkCalendar } from "../../src/core/calendar-check.ts";
import { dateOfDay, dayOfDate } from "../../src/core/civil-date.ts";
import { Refusal, type RefusalData } from "../../src/core/refusal.ts";
import { aCalendarCopy, calendarRules } from "../support/a-calendar.ts";

const TODAY = day("2026-05-01");
const dated = (date: string): CalendarDate => ({ date, name: null });

describe("a calendar", () => {
  const work = aCalendarCopy("work", {
    weekdays: [1, 2, 3, 4, 5],
    exclude: [{ date: "2026-10-01", name: "National Day" }],
    include: [{ date: "2026-10-10", name: null }], // A Saturday.
  });

  test.each([
    ["2026-09-30", true],
    ["2026-10-01", false],
    ["2026-10-03", false],
    ["2026-10-10", true],
    ["2026-10-11", false],
    ["1969-12-31", true], // A Wednesday.
  ])("on %s is open: %s", (date, isOpen) => {
    expect(compileCalendar(work).isOpen(Date.parse(date) / 86_400_000)).toBe(isOpen);
  });

  test("tells why a day is open or closed, where it was told", () => {
    const { nameOf } = compileCalendar(work);

    expect(nameOf(day("2026-10-01"))).toBe("National Day");
    expect(nameOf(day("2026-10-10"))).toBeNull();
    expect(nameOf(day("2026-10-03"))).toBeNull();
  });

  test("asks all of some calendars, and any of others; its own dates come first", () => {
    const copy = aCalendarCopy(
      "whole",
      {
        allOf: ["work"],
        anyOf: ["early", "late"],
        include: [{ date: "2026-05-03", name: "Open Sunday" }],
      },
      {
        work: { ...work.rules, knownUntil: "2027-12-31" },
        early: calendarRules({ weekdays: [1, 2], knownUntil: "2026-12-31" }),
        late: calendarRules({ weekdays: [5], exclude: [{ date: "2026-05-08", name: "Fair" }] }),
      },
    );
    const { isOpen, nameOf, knownUntil } = compileCalendar(copy);
    const open = [3, 4, 5, 6, 7, 8, 9].filter((date) => isOpen(day(`2026-05-0${date}`)));

    expect(open).toEqual([3, 4, 5]);
    expect(nameOf(day("2026-05-08"))).toBe("Fair");
    expect(nameOf(day("2026-10-01"))).toBe("National Day");
    expect(knownUntil).toBe(day("2026-12-31"));
  });

  test("finds the open day next to a day, as far as ten years away", () => {
    const calendar = compileCalendar(work);
    const once = compileCalendar(
      aCalendarCopy("once", { weekdays: [], include: [{ date: "2030-01-01", name: null }] }),
    );

    expect(openDayFrom(calendar, day("2026-10-03"))).toBe(day("2026-10-05"));
    expect(openDayUntil(calendar, day("2026-10-01"))).toBe(day("2026-09-30"));
    expect(openDayFrom(once, TODAY)).toBe(day("2030-01-01"));
    expect(openDayUntil(once, TODAY)).toBeNull();
    expect(openDayFrom(once, day("2019-01-01"))).toBeNull();
  });

  test("tells a day's openness in well under a microsecond", () => {
    const { isOpen } = compileCalendar(work);
    const startMs = performance.now();
    let open = 0;
    for (let i = 0; i < 1_000_000; i++) if (isOpen(20_000 + (i % 1_000))) open++;

    expect(open).toBeGreaterThan(700_000);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});

describe("dates", () => {
  test.each(["1970-01-01", "2024-02-29", "2026-12-31", "9999-12-31"])("%s is a day", (date) => {
    expect(dateOfDay(dayOfDate(date) ?? -1)).toBe(date);
  });

  test.each([
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "1969-12-31",
    "2026-1-1",
    "2026-10-01 ",
    "",
  ])("%j is none", (date) => {
    expect(dayOfDate(date)).toBeUndefined();
  });
});

describe("checking a calendar", () => {
  test("passes what can be", () => {
    const rules = { allOf: ["a"], include: [dated("2026-05-02")], exclude: [dated("2026-05-04")] };
    expect(refusal(rules, { a: calendarRules({ anyOf: ["b"] }), b: calendarRules() })).toBeNull();
  });

  test.each([
    [{ weekdays: [0] }, "/weekdays/0", /0 is no weekday/],
    [{ weekdays: [1, 8] }, "/weekdays/1", /8 is no weekday/],
    [{ weekdays: [1.5] }, "/weekdays/0", /no weekday/],
    [{ weekdays: [1, 2, 1] }, "/weekdays/2", /1 is named twice/],
    [{ include: [dated("2026-02-30")] }, "/include/0", /"2026-02-30" is no day/],
    [{ exclude: [dated("2026-05-04"), dated("tomorrow")] }, "/exclude/1", /"tomorrow" is no day/],
    [{ exclude: [dated("2026-05-04"), dated("2026-05-04")] }, "/exclude/1", /named twice/],
    [
      { include: [dated("2026-05-04")], exclude: [dated("2026-05-04")] },
      "/exclude/0",
      /included and excluded/,
    ],
    [{ include: [{ date: "2026-05-04", name: "x".repeat(129) }] }, "/include/0", /128 characters/],
    [{ knownUntil: "2026" }, "/knownUntil", /"2026" is no day/],
    [{ allOf: ["a", "a"] }, "/allOf/1", /"a" is named twice/],
    [{ allOf: ["missing"] }, "/allOf/0", /no calendar "missing"/],
    [{ anyOf: ["deep", "missing"] }, "/anyOf/1", /no calendar "missing"/],
    [{ allOf: ["whole"] }, "/allOf/0", /whole -> whole/],
    [{ allOf: ["back"] }, "/allOf/0", /circle: whole -> back -> whole/],
    [{ anyOf: ["c"] }, "/anyOf/0", /circle: c -> d -> c/],
    [{ weekdays: [] }, "", /No day is open within 10 years from 2026-05-01/],
    [{ allOf: ["never"] }, "", /No day is open/],
    [{ weekdays: [], include: [dated("2026-04-30")] }, "", /No day is open/],
  ] as const)("refuses %j", (rules, pointer, message) => {
    const data = refusal(rules, {
      deep: calendarRules(),
      back: calendarRules({ anyOf: ["whole"] }),
      c: calendarRules({ allOf: ["d"] }),
      d: calendarRules({ allOf: ["c"] }),
      never: calendarRules({ weekdays: [] }),
      a: calendarRules(),
    });

    expect(data?.code).toBe("calendar.invalid");
    expect(data?.errors?.[0]).toMatchObject({
      pointer,
      message: expect.stringMatching(message),
    });
  });

  test("allows four levels of names, and not five", () => {
    const parts = {
      b: calendarRules({ allOf: ["c"] }),
      c: calendarRules({ allOf: ["d"] }),
      d: calendarRules(),
    };
    const deeper = { ...parts, d: calendarRules({ allOf: ["e"] }), e: calendarRules() };

    expect(refusal({ allOf: ["b"] }, parts)).toBeNull();
    expect(refusal({ allOf: ["b"] }, deeper)?.detail).toMatch(
      /at most 4 levels: whole -> b -> c -> d -> e/,
    );
  });

  test("allows 16 parts, and not 17", () => {
    const names = Array.from({ length: 17 }, (_, i) => `part-${i}`);
    const parts = Object.fromEntries(names.map((name) => [name, calendarRules()]));
    const [first, ...others] = names;
    const nested = { ...parts, "part-0": calendarRules({ allOf: others }) };

    expect(refusal({ allOf: others }, parts)).toBeNull();
    expect(refusal({ allOf: names }, parts)?.detail).toMatch(/at most 16 others/);
    expect(refusal({ anyOf: [first ?? ""] }, nested)?.detail).toMatch(/not 17/);
  });

  test("allows 5,000 dates, and not one more; of many faults it tells some", () => {
    const dates = Array.from({ length: 5_001 }, (_, i) => dated(dateOfDay(20_000 + 2 * i)));

    expect(refusal({ exclude: dates.slice(1) }, {})).toBeNull();
    expect(refusal({ exclude: dates }, {})?.errors?.[0]?.pointer).toBe("/exclude");
    const wrong = Array.from({ length: 100 }, () => dated("?"));
    const data = refusal({ exclude: wrong }, {});
    expect(data?.errors).toHaveLength(CALENDAR_CHECK_LIMITS.errorsMax);
    expect(data?.detail).toMatch(/There are 100 faults in all/);
  });
});

function refusal(
  rules: Partial<CalendarRules>,
  parts: Readonly<Record<string, CalendarRules>>,
): RefusalData | null {
  try {
    checkCalendar({ name: "whole", rules: calendarRules(rules), parts }, TODAY);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.data;
    throw error;
  }
}

function day(date: string): number {
  return dayOfDate(date) ?? Number.NaN;
}
