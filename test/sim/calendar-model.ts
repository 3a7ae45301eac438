import type { CalendarCopy, CalendarRules } from "../../src/core/calendar.ts";
import { weekdayOf } from "./cron-model.ts";

const DAY_MS = 86_400_000;

const made = new WeakMap<CalendarCopy, Map<number, boolean>>();

/** Whether a calendar has a day open, by its rules as they are written; days count from 1970-01-01. */
export function isOpenDay(copy: CalendarCopy, day: number): boolean {
  const known = made.get(copy) ?? new Map<number, boolean>();
  made.set(copy, known);
  const kept = known.get(day);
  if (kept !== undefined) return kept;
  const isOpen = isOpenBy(copy.rules, copy, day);
  known.set(day, isOpen);
  return isOpen;
}

function isOpenBy(rules: CalendarRules, copy: CalendarCopy, day: number): boolean {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  const isNamed = (dates: CalendarRules["include"]): boolean =>
    dates.some((named) => named.date === date);
  if (isNamed(rules.include)) return true;
  if (isNamed(rules.exclude)) return false;
  const isPartOpen = (name: string): boolean => {
    const part = copy.parts[name];
    return part !== undefined && isOpenBy(part, copy, day);
  };
  const isWeekdayOpen = rules.weekdays.includes(weekdayOf(day) === 0 ? 7 : weekdayOf(day));
  const isAnyOpen = rules.anyOf.length === 0 || rules.anyOf.some(isPartOpen);
  return isWeekdayOpen && rules.allOf.every(isPartOpen) && isAnyOpen;
}
