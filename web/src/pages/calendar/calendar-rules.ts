import { isJsonList } from "../../../../src/core/json.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";

/** What a caller may set of a calendar, in the order in which people read it. */
const FIELDS = [
  "description",
  "weekdays",
  "include",
  "exclude",
  "allOf",
  "anyOf",
  "knownUntil",
] as const;

/** The address of a calendar in the API. */
export function calendarPath(name: string): string {
  return `/calendars/${encodeURIComponent(name)}`;
}

/** What a caller may set of a calendar. */
export function calendarRules(calendar: JsonObject): JsonObject {
  return Object.fromEntries(FIELDS.map((field) => [field, calendar[field] ?? null]));
}

/** Whether an entry of the history holds all of a calendar. */
export function isCalendar({ weekdays = null, exclude = null }: JsonObject): boolean {
  return isJsonList(weekdays) && isJsonList(exclude);
}
