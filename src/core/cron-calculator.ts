import { Cron, CronPattern } from "croner";

/** The two day fields of a pattern, and how they are read. */
export interface DayFields {
  readonly dayOfMonth: string;
  readonly dayOfWeek: string;
  readonly isQuartz: boolean;
  /** A day has to match both fields; else either is enough, unless one of them is a star. */
  readonly isBothDays: boolean;
}

/** The other fields of a pattern: one flag for each value, 1 when it is named. */
export interface CronFlags {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  /** January is at 0. */
  readonly month: readonly number[];
  /** By the year itself; null is every year. */
  readonly year: readonly number[] | null;
  /** Seconds, minutes and hours are values or lists. */
  readonly isFixedTime: boolean;
}

// The one door to the library that reads the fields and knows which days they mean. It computes
// days here, and no instants: those are arithmetic of our own, which is exact at every change of
// the clocks and takes a fraction of the time.

/** Reads all fields of a pattern; throws an `Error` that says in words what is wrong. */
export function readFlags(
  pattern: string,
  { isQuartz, hasTimeRange }: { readonly isQuartz: boolean; readonly hasTimeRange: boolean },
): CronFlags {
  const parts = new CronPattern(pattern, "UTC", {
    ...dialectOptions(isQuartz),
    // "no-wildcard" counts ranges as fixed times, "single-value" does not count lists as such.
    fixedTimeRule: hasTimeRange ? "single-value" : "no-wildcard",
  });
  const { second, minute, hour, month, isFixedTime } = parts;
  return { second, minute, hour, month, year: parts.starYear ? null : parts.year, isFixedTime };
}

/** Tells of a midnight in UTC whether the day fields take that day. About 4 µs a day. */
export function dayMatcher(fields: DayFields): (midnightMs: number) => boolean {
  const calculator = new Cron(`0 0 0 ${fields.dayOfMonth} * ${fields.dayOfWeek}`, {
    ...dialectOptions(fields.isQuartz),
    domAndDow: fields.isBothDays,
    timezone: "UTC",
    paused: true,
  });
  return (midnightMs) => calculator.match(new Date(midnightMs));
}

function dialectOptions(isQuartz: boolean): {
  readonly alternativeWeekdays: boolean;
  readonly sloppyRanges: boolean;
} {
  return { alternativeWeekdays: isQuartz, sloppyRanges: isQuartz };
}
