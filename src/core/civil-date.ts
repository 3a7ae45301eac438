import type { CivilDay } from "./civil-days.ts";

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * The day of a date such as `2026-10-01`; undefined when there is no such day from 1970 to 9999.
 */
export function dayOfDate(date: string): CivilDay | undefined {
  const match = DATE.exec(date);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const found = Date.UTC(year, month - 1, day) / DAY_MS;
  return found >= 0 && dateOfDay(found) === date ? found : undefined;
}

/** The date of a day, such as `2026-10-01`. */
export function dateOfDay(day: CivilDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The weekday as ISO 8601 counts it: 1 is Monday, 7 is Sunday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: CivilDay): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}
