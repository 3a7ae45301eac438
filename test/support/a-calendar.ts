import type { CalendarCopy, CalendarRules } from "../../src/core/calendar.ts";

/** The rules of a calendar that has every day open, but for what a test gives. */
export function calendarRules(given: Partial<CalendarRules> = {}): CalendarRules {
  return {
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    include: [],
    exclude: [],
    allOf: [],
    anyOf: [],
    knownUntil: null,
    ...given,
  };
}

/** A calendar as a shard keeps it. */
export function aCalendarCopy(
  name: string,
  rules: Partial<CalendarRules>,
  parts: CalendarCopy["parts"] = {},
): CalendarCopy {
  return { namespace: "default", name, version: 1, rules: calendarRules(rules), parts };
}
