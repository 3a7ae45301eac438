import { BoundedMap } from "./bounded-map.ts";
import { dayMatcher, type DayFields } from "./cron-calculator.ts";
import { daysIn } from "./instant.ts";

const DAY_MS = 86_400_000;
/** Pairs of day fields kept; each weighs some 300 bytes. */
const KEPT_MAX = 2_048;
/** Months are 28 to 31 days long and begin on one of 7 weekdays. */
const SHAPES = 28;
const UNKNOWN = -1;

/** Which days a month has, bit 0 for the first, in 31 bits: never negative. */
export type DayMask = number;

/**
 * Which days of a month the two day fields of a pattern take. That depends only on how long the
 * month is and on which weekday it begins, so the calculator is asked for 28 months at most,
 * whatever the year; one month costs about 0.1 ms.
 */
export class MonthDays {
  /** Neither field restricts the days: nothing is ever asked. */
  readonly isEveryDay: boolean;
  readonly #fields: DayFields;
  readonly #masks: Int32Array;

  constructor(fields: DayFields) {
    this.#fields = fields;
    this.isEveryDay = [fields.dayOfMonth, fields.dayOfWeek].every(
      (text) => text === "*" || text === "?",
    );
    this.#masks = new Int32Array(this.isEveryDay ? 0 : SHAPES).fill(UNKNOWN);
  }

  /** `month` counts from 0. */
  maskOf(year: number, month: number): DayMask {
    const length = daysIn(year, month + 1);
    if (this.isEveryDay) return allDays(length);
    const firstMs = Date.UTC(year, month, 1);
    const shape = (length - 28) * 7 + weekdayOf(firstMs);
    const known = this.#masks[shape] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const mask = this.#ask(firstMs, length);
    this.#masks[shape] = mask;
    return mask;
  }

  #ask(firstMs: number, length: number): DayMask {
    const isMatch = dayMatcher(this.#fields);
    let mask = 0;
    for (let i = 0; i < length; i++) if (isMatch(firstMs + i * DAY_MS)) mask |= 1 << i;
    return mask;
  }
}

const kept = new BoundedMap<string, MonthDays>(KEPT_MAX);

/** The days of two day fields, shared by all jobs that have the same ones. */
export function monthDays(fields: DayFields): MonthDays {
  const { dayOfMonth, dayOfWeek, isQuartz, isBothDays } = fields;
  const key = `${isQuartz ? "q" : "s"}${isBothDays ? "&" : "|"} ${dayOfMonth} ${dayOfWeek}`;
  const found = kept.get(key) ?? new MonthDays(fields);
  kept.set(key, found);
  return found;
}

/** The mask of every day of a month of that length; 0 gives no day. */
export function allDays(length: number): DayMask {
  return length === 31 ? 0x7fffffff : (1 << length) - 1;
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
function weekdayOf(midnightMs: number): number {
  const day = (Math.floor(midnightMs / DAY_MS) + 4) % 7;
  return day < 0 ? day + 7 : day;
}
