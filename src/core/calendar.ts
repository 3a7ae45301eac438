import { assert } from "./assert.ts";
import { BoundedMap } from "./bounded-map.ts";
import { dayOfDate, weekdayOf } from "./civil-date.ts";
import type { CivilDay } from "./civil-days.ts";

/** One day with the reason for it; the date is `YYYY-MM-DD`. */
export interface CalendarDate {
  readonly date: string;
  readonly name: string | null;
}

/**
 * What a user says of a calendar: which days are open. A date that `include` names is open, else one
 * that `exclude` names is closed. Any other day is open when its weekday is, when every calendar of
 * `allOf` has it open, and, where `anyOf` names some, when one of those has.
 */
export interface CalendarRules {
  /** Open weekdays as ISO 8601 counts them: 1 is Monday, 7 is Sunday. */
  readonly weekdays: readonly number[];
  readonly include: readonly CalendarDate[];
  readonly exclude: readonly CalendarDate[];
  /** Names of other calendars of the namespace. */
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
  /** The last date for which the holidays are known; null is for ever. Previews warn beyond it. */
  readonly knownUntil: string | null;
}

/** A calendar with all that it names, directly or not: the body of a directory copy in a shard. */
export interface CalendarCopy {
  readonly namespace: string;
  readonly name: string;
  /** Counts every change of what it means, also by a change of a calendar that it names. */
  readonly version: number;
  readonly rules: CalendarRules;
  /** The rules of the calendars it names, by name. */
  readonly parts: { readonly [name: string]: CalendarRules };
}

/** A calendar made computable. Days are counted from 1970-01-01, whatever the zone. */
export interface Calendar {
  readonly name: string;
  readonly version: number;
  /** Some 20 ns once the days around it have been asked for. */
  readonly isOpen: (day: CivilDay) => boolean;
  /** Why a day is open or closed, as the one who made the calendar named it: "National Day". */
  readonly nameOf: (day: CivilDay) => string | null;
  /** The last day for which the holidays are known, here and in all that it names; null is for ever. */
  readonly knownUntil: CivilDay | null;
}

export const CALENDAR_LIMITS = {
  /** How far an open day is looked for: ten years. */
  searchDays: 3_660,
  /** Words of 32 days that one calendar keeps: some 45 years. */
  wordsKept: 512,
} as const;

/**
 * Makes a calendar computable. Its rules have been checked (`calendar-check.ts`); a calendar that it names and
 * that is not among its parts is a bug.
 */
export function compileCalendar(copy: CalendarCopy): Calendar {
  const made = new Map<string, Days>();
  const days = daysOf(copy.rules, (name) => partOf(copy, name, made));
  const words = new BoundedMap<number, number>(CALENDAR_LIMITS.wordsKept);
  return {
    name: copy.name,
    version: copy.version,
    isOpen: (day) => {
      const at = Math.floor(day / 32);
      const kept = words.get(at);
      const word = kept ?? wordOf(days, at);
      if (kept === undefined) words.set(at, word);
      return ((word >>> (day - at * 32)) & 1) === 1;
    },
    nameOf: days.nameOf,
    knownUntil: days.knownUntil,
  };
}

/** The first open day at or after one; null when there is none within ten years. */
export function openDayFrom(calendar: Calendar, day: CivilDay): CivilDay | null {
  for (let at = day; at <= day + CALENDAR_LIMITS.searchDays; at++)
    if (calendar.isOpen(at)) return at;
  return null;
}

/** The last open day at or before one; null when there is none within ten years. */
export function openDayUntil(calendar: Calendar, day: CivilDay): CivilDay | null {
  for (let at = day; at >= day - CALENDAR_LIMITS.searchDays; at--)
    if (calendar.isOpen(at)) return at;
  return null;
}

type Days = Pick<Calendar, "isOpen" | "nameOf" | "knownUntil">;

/** The openness of 32 days at once, bit 0 for the first. */
function wordOf(days: Days, at: number): number {
  let word = 0;
  for (let bit = 0; bit < 32; bit++) if (days.isOpen(at * 32 + bit)) word |= 1 << bit;
  return word;
}

function partOf(copy: CalendarCopy, name: string, made: Map<string, Days>): Days {
  const kept = made.get(name);
  if (kept !== undefined) return kept;
  const rules = Object.hasOwn(copy.parts, name) ? copy.parts[name] : undefined;
  assert(rules !== undefined, "a calendar is stored with all the calendars that it names");
  const days = daysOf(rules, (part) => partOf(copy, part, made));
  made.set(name, days);
  return days;
}

function daysOf(rules: CalendarRules, part: (name: string) => Days): Days {
  const weekdays = new Set(rules.weekdays);
  const included = namedDays(rules.include);
  const excluded = namedDays(rules.exclude);
  const [allOf, anyOf] = [rules.allOf.map(part), rules.anyOf.map(part)];
  const parts = [...allOf, ...anyOf];
  const isOpen = (day: CivilDay): boolean => {
    if (included.has(day)) return true;
    if (excluded.has(day) || !weekdays.has(weekdayOf(day))) return false;
    if (!allOf.every((days) => days.isOpen(day))) return false;
    return anyOf.length === 0 || anyOf.some((days) => days.isOpen(day));
  };
  return {
    isOpen,
    nameOf: (day) => {
      if (included.has(day)) return included.get(day) ?? null;
      if (excluded.has(day)) return excluded.get(day) ?? null;
      return nameAmong(parts, day, isOpen(day));
    },
    knownUntil: earliest([rules.knownUntil, ...parts.map(({ knownUntil }) => knownUntil)]),
  };
}

/** Only a part that sees the day as the whole does can tell why it is so. */
function nameAmong(parts: readonly Days[], day: CivilDay, isOpen: boolean): string | null {
  for (const part of parts) {
    const name = part.isOpen(day) === isOpen ? part.nameOf(day) : null;
    if (name !== null) return name;
  }
  return null;
}

function namedDays(dates: readonly CalendarDate[]): ReadonlyMap<CivilDay, string | null> {
  return new Map(
    dates.flatMap(({ date, name }) => {
      const day = dayOfDate(date);
      return day === undefined ? [] : [[day, name] as const];
    }),
  );
}

function earliest(dates: readonly (string | CivilDay | null)[]): CivilDay | null {
  const days = dates.flatMap((date) => {
    const day = typeof date === "string" ? dayOfDate(date) : date;
    return day === null || day === undefined ? [] : [day];
  });
  return days.length === 0 ? null : Math.min(...days);
}
