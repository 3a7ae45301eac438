import { unreachable } from "../core/assert.ts";

/**
 * The days of a recurrence rule (RFC 5545, 3.3.10), by whole days: the hours of an event say nothing of
 * which days a calendar is open. It walks from day to day and asks each, so its work is bounded by
 * the days it may look at, whatever the rule says; ical.js 2.2.1 never comes back from
 * `FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31`, and gives 2 March for 30 February.
 */
export interface DayRule {
  readonly freq: "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY";
  readonly interval: number;
  /** How many occurrences there are, the first day among them; null is no bound. */
  readonly count: number | null;
  /** The last day that may be one; null is no bound. */
  readonly untilDay: number | null;
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 1 to 31, or from the end of the month: -1 is its last day. */
  readonly monthDays: readonly number[];
  /** 1 to 366, or from the end of the year. */
  readonly yearDays: readonly number[];
  readonly weekdays: readonly RuleWeekday[];
  /** Which days of each period are taken, from 1, or from the end; empty is all. */
  readonly positions: readonly number[];
  /** The first day of the week, 0 is Sunday. */
  readonly weekStart: number;
}

interface RuleWeekday {
  /** 0 is Sunday. */
  readonly weekday: number;
  /** The nth of the month or year, from the end where negative; 0 is every. */
  readonly nth: number;
}

interface Walk {
  readonly firstDay: number;
  readonly lastDay: number;
  /** Counts the days that are looked at, over all rules of a text; false says that it is enough. */
  readonly mayLook: () => boolean;
}

const DAY_MS = 86_400_000;
const DAYS_OF_WEEK = 7;

/**
 * The days of a rule from its first, ascending, up to the last that is asked for. The first day is
 * always one of them. Null when looking was stopped.
 */
export function daysOfRule(rule: DayRule, walk: Walk): readonly number[] | null {
  const first = partsOf(walk.firstDay);
  const implied = withImplied(rule, first);
  const isDay = matcherOf(implied);
  const lastDay = Math.min(walk.lastDay, rule.untilDay ?? walk.lastDay);
  const days: number[] = [walk.firstDay];
  let period: number[] = [];
  let periodIndex = 0;
  const isFull = (): boolean => rule.count !== null && days.length >= rule.count;
  for (let day = startOfPeriod(rule, walk.firstDay); day <= lastDay && !isFull(); day++) {
    if (!walk.mayLook()) return null;
    const parts = partsOf(day);
    const index = periodOf(rule, first, parts);
    if (index !== periodIndex) {
      take(rule, period, days);
      period = [];
      periodIndex = index;
    }
    if (isOther(implied.months, parts.month)) day += parts.monthDays - parts.monthDay;
    else if (index % rule.interval === 0 && isDay(parts)) period.push(day);
  }
  take(rule, period, days);
  return days;
}

/** Adds what the positions leave of a period's days, up to the count. */
function take(rule: DayRule, period: readonly number[], days: number[]): void {
  const { positions, count } = rule;
  const isTaken = (at: number): boolean =>
    positions.length === 0 || positions.includes(at + 1) || positions.includes(at - period.length);
  const after = days[0] ?? 0;
  for (const [at, day] of period.entries()) {
    if (count !== null && days.length >= count) return;
    if (day > after && isTaken(at)) days.push(day);
  }
}

/** The positions of a period are counted from its beginning, also in the first one. */
function startOfPeriod({ freq, positions, weekStart }: DayRule, firstDay: number): number {
  if (positions.length === 0 || freq === "DAILY") return firstDay;
  const { year, month, weekday } = partsOf(firstDay);
  if (freq === "WEEKLY") return firstDay - ((weekday - weekStart + DAYS_OF_WEEK) % DAYS_OF_WEEK);
  return Date.UTC(year, freq === "YEARLY" ? 0 : month - 1, 1) / DAY_MS;
}

interface DayParts {
  readonly day: number;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly monthDay: number;
  readonly monthDays: number;
  readonly yearDay: number;
  readonly yearDays: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

function partsOf(day: number): DayParts {
  const date = new Date(day * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const newYear = Date.UTC(year, 0, 1) / DAY_MS;
  return {
    day,
    year,
    month: month + 1,
    monthDay: date.getUTCDate(),
    monthDays: new Date(Date.UTC(year, month + 1, 0)).getUTCDate(),
    yearDay: day - newYear + 1,
    yearDays: Date.UTC(year + 1, 0, 1) / DAY_MS - newYear,
    weekday: date.getUTCDay(),
  };
}

/** In which period of the rule a day lies, counted from that of the first day. */
function periodOf(rule: DayRule, first: DayParts, at: DayParts): number {
  switch (rule.freq) {
    case "YEARLY":
      return at.year - first.year;
    case "MONTHLY":
      return (at.year - first.year) * 12 + at.month - first.month;
    case "WEEKLY": {
      const lead = (first.weekday - rule.weekStart + DAYS_OF_WEEK) % DAYS_OF_WEEK;
      return Math.floor((at.day - (first.day - lead)) / DAYS_OF_WEEK);
    }
    case "DAILY":
      return at.day - first.day;
    default:
      return unreachable(rule.freq);
  }
}

/** Whether a day is one that the rule means, apart from its intervals and positions. */
function matcherOf(rule: DayRule): (at: DayParts) => boolean {
  const { months, monthDays, yearDays, weekdays } = rule;
  const isOfMonth = rule.freq === "MONTHLY" || (rule.freq === "YEARLY" && months.length > 0);
  const isWeekday = (at: DayParts): boolean =>
    weekdays.some(({ weekday, nth }) => {
      if (weekday !== at.weekday) return false;
      if (nth === 0) return true;
      return isOfMonth
        ? isNth(nth, at.monthDay, at.monthDays)
        : isNth(nth, at.yearDay, at.yearDays);
    });
  return (at) =>
    !isOther(months, at.month) &&
    (monthDays.length === 0 || isAmong(monthDays, at.monthDay, at.monthDays)) &&
    (yearDays.length === 0 || isAmong(yearDays, at.yearDay, at.yearDays)) &&
    (weekdays.length === 0 || isWeekday(at));
}

/** What the rule leaves open is taken from its first day. */
function withImplied(rule: DayRule, first: DayParts): DayRule {
  const { freq, monthDays, yearDays, weekdays } = rule;
  const saysDay = monthDays.length > 0 || yearDays.length > 0 || weekdays.length > 0;
  if (freq === "DAILY" || saysDay) return rule;
  if (freq === "WEEKLY") return { ...rule, weekdays: [{ weekday: first.weekday, nth: 0 }] };
  const months = freq === "YEARLY" && rule.months.length === 0 ? [first.month] : rule.months;
  return { ...rule, months, monthDays: [first.monthDay] };
}

function isOther(months: readonly number[], month: number): boolean {
  return months.length > 0 && !months.includes(month);
}

function isAmong(wanted: readonly number[], at: number, length: number): boolean {
  return wanted.includes(at) || wanted.includes(at - length - 1);
}

function isNth(nth: number, at: number, length: number): boolean {
  return nth > 0
    ? Math.ceil(at / DAYS_OF_WEEK) === nth
    : Math.ceil((length - at + 1) / DAYS_OF_WEEK) === -nth;
}
