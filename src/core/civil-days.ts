import { allDays, type DayMask, type MonthDays } from "./month-days.ts";

const DAY_MS = 86_400_000;
/** West of Greenwich 1970 begins in the last hours of 1969. */
const YEAR_MIN = 1_969;
const YEAR_MAX = 9_999;
/** The calendar repeats itself: what has no day in so many years has none ever. */
const CYCLE_YEARS = 400;

/** A day as a calendar on the wall names it: counted from 1970-01-01, whatever the zone. */
export type CivilDay = number;

/** A place in the calendar; months count from 0, days from 1. */
interface Place {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The days that the date fields of a pattern take: day-of-month, month, day-of-week and year. */
export class CivilDays {
  readonly #days: MonthDays;
  /** Bit 0 is January. */
  readonly #months: number;
  /** One bit for each year; null is every year. */
  readonly #years: Uint8Array | null;
  readonly #isEveryDay: boolean;

  /** Flags as the calculator gives them: by month from 0, and by year. */
  constructor(
    days: MonthDays,
    { month, year }: { readonly month: readonly number[]; readonly year: readonly number[] | null },
  ) {
    this.#days = days;
    this.#months = month.reduce((bits, flag, i) => (flag === 1 ? bits | (1 << i) : bits), 0);
    this.#years = year === null ? null : bitsOf(year);
    this.#isEveryDay = days.isEveryDay && this.#months === 0xfff && this.#years === null;
  }

  has(day: CivilDay): boolean {
    if (this.#isEveryDay) return true;
    const place = placeOf(day);
    return ((this.#maskOf(place.year, place.month) >>> (place.day - 1)) & 1) === 1;
  }

  /** The first day taken at or after one; null when there is none up to the year 9999. */
  firstFrom(day: CivilDay): CivilDay | null {
    if (this.#isEveryDay) return day;
    const from = placeOf(day);
    const found = this.#firstInYear(from);
    if (found !== null) return found;
    const yearMax = this.#years === null ? from.year + CYCLE_YEARS : YEAR_MAX;
    for (let year = from.year + 1; year <= Math.min(yearMax, YEAR_MAX); year++) {
      const first = this.#firstInYear({ year, month: 0, day: 1 });
      if (first !== null) return first;
    }
    return null;
  }

  /** The last day taken at or before one; null when there is none since the year 1969. */
  lastUntil(day: CivilDay): CivilDay | null {
    if (this.#isEveryDay) return day;
    const until = placeOf(day);
    let found = this.#lastInYear(until);
    for (let year = until.year - 1; found === null && year >= YEAR_MIN; year--)
      found = this.#lastInYear({ year, month: 11, day: 31 });
    return found;
  }

  /** How many days from one up to, but not including, another are taken: month by month. */
  count(fromDay: CivilDay, untilDay: CivilDay): number {
    if (untilDay <= fromDay) return 0;
    if (this.#isEveryDay) return untilDay - fromDay;
    const [from, until] = [placeOf(fromDay), placeOf(untilDay)];
    let count = 0;
    for (let { year } = from; year <= until.year; year++) {
      if (!this.#hasYear(year)) continue;
      for (let month = 0; month < 12; month++) count += ones(this.#maskOf(year, month));
    }
    return count - this.#countBefore(from) - this.#countFrom(until);
  }

  /** In the year of a place, the first day at or after it. */
  #firstInYear({ year, month, day }: Place): CivilDay | null {
    if (!this.#hasYear(year)) return null;
    let passed = allDays(day - 1);
    for (let at = month; at < 12; at++) {
      const mask = this.#maskOf(year, at) & ~passed;
      if (mask !== 0) return dayOf(year, at, 31 - Math.clz32(mask & -mask));
      passed = 0;
    }
    return null;
  }

  /** In the year of a place, the last day at or before it. */
  #lastInYear({ year, month, day }: Place): CivilDay | null {
    if (!this.#hasYear(year)) return null;
    let left = allDays(day);
    for (let at = month; at >= 0; at--) {
      const mask = this.#maskOf(year, at) & left;
      if (mask !== 0) return dayOf(year, at, 31 - Math.clz32(mask));
      left = allDays(31);
    }
    return null;
  }

  /** In the year of a place, the days before it. */
  #countBefore({ year, month, day }: Place): number {
    let count = ones(this.#maskOf(year, month) & allDays(day - 1));
    for (let before = 0; before < month; before++) count += ones(this.#maskOf(year, before));
    return count;
  }

  /** In the year of a place, that day and those after it. */
  #countFrom({ year, month, day }: Place): number {
    let count = ones(this.#maskOf(year, month) & ~allDays(day - 1));
    for (let after = month + 1; after < 12; after++) count += ones(this.#maskOf(year, after));
    return count;
  }

  #maskOf(year: number, month: number): DayMask {
    if (((this.#months >>> month) & 1) === 0 || !this.#hasYear(year)) return 0;
    return this.#days.maskOf(year, month);
  }

  #hasYear(year: number): boolean {
    if (this.#years === null) return true;
    return (((this.#years[year >> 3] ?? 0) >>> (year & 7)) & 1) === 1;
  }
}

/** The civil day of a wall time, which is given as the instant at which UTC shows it. */
export function civilDayOf(wallMs: number): CivilDay {
  return Math.floor(wallMs / DAY_MS);
}

function placeOf(day: CivilDay): Place {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** `index` counts the days of the month from 0. */
function dayOf(year: number, month: number, index: number): CivilDay {
  return Date.UTC(year, month, 1) / DAY_MS + index;
}

function ones(mask: DayMask): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count++;
  return count;
}

function bitsOf(flags: readonly number[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil((YEAR_MAX + 1) / 8));
  for (const [at, flag] of flags.entries())
    if (flag === 1) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  return bits;
}
