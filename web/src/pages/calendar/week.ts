const DAY_MS = 86_400_000;
const DAYS = 7;
const SUNDAY = 0;
const LAST = 6;

/** A day of the calendar as `YYYY-MM-DD`. */
export type Day = string;

/** The day on which an instant falls in a zone. */
export function dayIn(zone: string, ms: number): Day {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(ms);
}

/** A day some days later. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The Monday of the week of a day. */
export function mondayOf(day: Day): Day {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, weekday === SUNDAY ? -LAST : 1 - weekday);
}

/** The seven days from a day on. */
export function weekFrom(day: Day): readonly Day[] {
  return Array.from({ length: DAYS }, (_, place) => addDays(day, place));
}

/** A text that names a day; null for anything else. */
export function dayOf(text: string | undefined): Day | null {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  return Number.isNaN(Date.parse(`${text}T00:00:00Z`)) ? null : text;
}

/**
 * The instant at which a day begins in a zone: where the clock first shows that day. Clocks that are put
 * forward at midnight begin it later; we look in steps of fifteen minutes, which all offsets of today are
 * multiples of.
 */
export function startOf(day: Day, zone: string): number {
  const stepMs = 900_000;
  const middle = Date.parse(`${day}T00:00:00Z`);
  let from = middle - DAY_MS;
  let to = middle + DAY_MS;
  while (to - from > stepMs) {
    const half = from + Math.floor((to - from) / (2 * stepMs)) * stepMs;
    if (dayIn(zone, half) < day) from = half;
    else to = half;
  }
  return to;
}

/** The clock time of an instant in a zone, `HH:MM`. */
export function clockIn(zone: string, at: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(at));
}
