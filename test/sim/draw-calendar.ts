import type { CalendarCopy, CalendarDate, CalendarRules } from "../../src/core/calendar.ts";
import type { Dice } from "../support/prng.ts";

export const CALENDAR_NAMES: readonly [string, ...string[]] = ["works", "shop"];

const DAY_MS = 86_400_000;
/** The part that some calendars name. */
const PART = "holidays";

/** A calendar that is open on most days, and closed on some of those that the world lives through. */
export function drawCalendar(
  dice: Dice,
  of: { readonly namespace: string; readonly name: string; readonly version: number },
  nearMs: number,
): CalendarCopy {
  const exclude = drawDates(dice, nearMs, 0.35);
  const include = drawDates(dice, nearMs, 0.2).filter(
    ({ date }) => !exclude.some((other) => other.date === date),
  );
  const hasPart = dice.chance(0.3);
  const rules: CalendarRules = {
    weekdays: dice.pick([ALL_WEEK, ALL_WEEK, [1, 2, 3, 4, 5]]),
    include,
    exclude,
    allOf: hasPart && dice.chance(0.5) ? [PART] : [],
    anyOf: hasPart ? [PART] : [],
    knownUntil: null,
  };
  const part: CalendarRules = {
    weekdays: ALL_WEEK,
    include: [],
    exclude: drawDates(dice, nearMs, 0.3),
    allOf: [],
    anyOf: [],
    knownUntil: null,
  };
  return { ...of, rules, parts: hasPart ? { [PART]: part } : {} };
}

const ALL_WEEK = [1, 2, 3, 4, 5, 6, 7];

/** Some of the days around the world: no more than a few on end. */
function drawDates(dice: Dice, nearMs: number, chance: number): readonly CalendarDate[] {
  const dates: CalendarDate[] = [];
  const today = Math.floor(nearMs / DAY_MS);
  for (let day = today - 2; day <= today + 5; day++) {
    if (!dice.chance(chance)) continue;
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    dates.push({ date, name: dice.pick([null, `Day ${day}`]) });
  }
  return dates;
}
