import {
  CALENDAR_LIMITS,
  type CalendarDate,
  type CalendarRules,
  compileCalendar,
  openDayFrom,
} from "./calendar.ts";
import { dateOfDay, dayOfDate } from "./civil-date.ts";
import type { CivilDay } from "./civil-days.ts";
import { Refusal } from "./refusal.ts";

export const CALENDAR_CHECK_LIMITS = {
  /** Dates that one calendar names, included and excluded together. */
  datesMax: 5_000,
  /** Characters of the name of a day. */
  nameLengthMax: 128,
  /** Calendars on the longest path of names, the calendar itself among them. */
  levelsMax: 4,
  /** Calendars that one names, directly or not. */
  partsMax: 16,
  /** Faults told at once. */
  errorsMax: 20,
} as const;

/** A calendar as it is to be stored, with the rules of all that it names, directly or not. */
export interface CalendarDraft {
  readonly name: string;
  readonly rules: CalendarRules;
  readonly parts: { readonly [name: string]: CalendarRules };
}

interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/**
 * Throws `Refusal("calendar.invalid")` for a calendar that cannot be: dates and weekdays that are
 * none or are named twice, too many dates, names that are unknown, too many or in a circle, and a
 * calendar that has no open day within ten years from `fromDay`, which is today. Pointers lead into
 * the body of the calendar.
 */
export function checkCalendar(draft: CalendarDraft, fromDay: CivilDay): void {
  const { rules } = draft;
  const faults = [
    ...weekdayFaults(rules.weekdays),
    ...dateFaults(rules),
    ...knownUntilFaults(rules.knownUntil),
    ...repeated(rules.allOf, "/allOf"),
    ...repeated(rules.anyOf, "/anyOf"),
    ...countFaults(rules, new Set([...rules.allOf, ...rules.anyOf]).size),
  ];
  refuse(faults, 'Weekdays are 1 (Monday) to 7 (Sunday), dates are written "2026-10-01".');
  refuse(nameFaults(draft), "GET /calendars lists the calendars of the namespace.");
  const calendar = compileCalendar({ ...draft, namespace: "", version: 0 });
  if (openDayFrom(calendar, fromDay) !== null) return;
  const years = Math.floor(CALENDAR_LIMITS.searchDays / 366);
  const message = `No day is open within ${years} years from ${dateOfDay(fromDay)}.`;
  refuse([{ pointer: "", message }], "Open a weekday, include dates, or exclude fewer.");
}

function refuse(faults: readonly Fault[], hint: string): void {
  const [first] = faults;
  if (first === undefined) return;
  const more = faults.length === 1 ? "" : ` There are ${faults.length} faults in all.`;
  throw new Refusal("calendar.invalid", `${first.message}${more}`, {
    errors: faults.slice(0, CALENDAR_CHECK_LIMITS.errorsMax),
    hint,
  });
}

function weekdayFaults(weekdays: readonly number[]): readonly Fault[] {
  return weekdays.flatMap((weekday, i) => {
    const pointer = `/weekdays/${i}`;
    if (!Number.isInteger(weekday) || weekday < 1 || weekday > 7)
      return [{ pointer, message: `${weekday} is no weekday.` }];
    if (weekdays.indexOf(weekday) === i) return [];
    return [{ pointer, message: `The weekday ${weekday} is named twice.` }];
  });
}

function dateFaults({ include, exclude }: CalendarRules): readonly Fault[] {
  const { datesMax } = CALENDAR_CHECK_LIMITS;
  const count = include.length + exclude.length;
  if (count > datesMax) {
    const pointer = include.length > exclude.length ? "/include" : "/exclude";
    return [{ pointer, message: `A calendar names at most ${datesMax} dates, not ${count}.` }];
  }
  const seen = new Map<string, string>();
  return [...listFaults(include, "/include", seen), ...listFaults(exclude, "/exclude", seen)];
}

/** `seen` holds each date with the list that named it, without its slash. */
function listFaults(
  dates: readonly CalendarDate[],
  list: "/include" | "/exclude",
  seen: Map<string, string>,
): readonly Fault[] {
  return dates.flatMap(({ date, name }, i) => {
    const message = dateFault(date, list, seen.get(date)) ?? nameFault(name);
    seen.set(date, list);
    return message === null ? [] : [{ pointer: `${list}/${i}`, message }];
  });
}

function dateFault(date: string, list: string, named: string | undefined): string | null {
  const quoted = JSON.stringify(date.slice(0, 32));
  if (dayOfDate(date) === undefined) return `${quoted} is no day from 1970 to 9999.`;
  if (named === undefined) return null;
  return named === list ? `${quoted} is named twice.` : `${quoted} is included and excluded.`;
}

function nameFault(name: string | null): string | null {
  const { nameLengthMax } = CALENDAR_CHECK_LIMITS;
  if (name === null || name.length <= nameLengthMax) return null;
  return `The name of a day has at most ${nameLengthMax} characters.`;
}

function knownUntilFaults(date: string | null): readonly Fault[] {
  if (date === null || dayOfDate(date) !== undefined) return [];
  const message = `${JSON.stringify(date.slice(0, 32))} is no day from 1970 to 9999.`;
  return [{ pointer: "/knownUntil", message }];
}

function repeated(names: readonly string[], list: "/allOf" | "/anyOf"): readonly Fault[] {
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : [{ pointer: `${list}/${i}`, message: `The calendar "${name}" is named twice.` }],
  );
}

/**
 * The calendars that this one names: each must be known, and none may lead back to where it began.
 */
function nameFaults(draft: CalendarDraft): readonly Fault[] {
  const known = new Set<string>();
  const { allOf, anyOf } = draft.rules;
  const named = [
    ...allOf.map((name, i) => ({ name, pointer: `/allOf/${i}` })),
    ...anyOf.map((name, i) => ({ name, pointer: `/anyOf/${i}` })),
  ];
  const faults = named.flatMap(({ name, pointer }) => {
    const message = pathFault(draft, [draft.name, name], known);
    return message === null ? [] : [{ pointer, message }];
  });
  return faults.length > 0 ? faults : countFaults(draft.rules, known.size);
}

function countFaults({ allOf }: CalendarRules, count: number): readonly Fault[] {
  const { partsMax } = CALENDAR_CHECK_LIMITS;
  if (count <= partsMax) return [];
  const message = `A calendar names at most ${partsMax} others, directly or not, and not ${count}.`;
  return [{ pointer: allOf.length > 0 ? "/allOf" : "/anyOf", message }];
}

/** Follows the names from the end of a path; what it meets is put into `known`. */
function pathFault(
  draft: CalendarDraft,
  path: readonly string[],
  known: Set<string>,
): string | null {
  const name = path.at(-1) ?? draft.name;
  if (path.indexOf(name) < path.length - 1) {
    const circle = path.slice(path.indexOf(name)).join(" -> ");
    return `These calendars name each other in a circle: ${circle}.`;
  }
  const rules = Object.hasOwn(draft.parts, name) ? draft.parts[name] : undefined;
  if (rules === undefined) return `There is no calendar "${name}".`;
  const { levelsMax } = CALENDAR_CHECK_LIMITS;
  if (path.length > levelsMax)
    return `Calendars name each other over at most ${levelsMax} levels: ${path.join(" -> ")}.`;
  known.add(name);
  for (const part of new Set([...rules.allOf, ...rules.anyOf])) {
    const fault = pathFault(draft, [...path, part], known);
    if (fault !== null) return fault;
  }
  return null;
}
