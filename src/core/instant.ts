const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/i;

/**
 * Instants that a schedule may name: within them every identity of a tick has its 12 hex digits of
 * time.
 */
export const INSTANT_LIMITS = { msMax: Date.UTC(9999, 11, 31, 23, 59, 59, 999) } as const;

/**
 * Milliseconds since the epoch of an instant as RFC 3339 writes it, or undefined when the text is
 * none, has no offset, names a day that does not exist, or lies before 1970. Digits below the
 * millisecond are cut off.
 */
export function instantMs(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const at = (group: number): number => Number(match[group] ?? 0);
  if (!isDate(at(1), at(2), at(3))) return undefined;
  if (!isTime(at(4), at(5), at(6)) || !isTime(at(9), at(10), 0)) return undefined;
  const fractionMs = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMs = (at(9) * 60 + at(10)) * (match[8] === "-" ? -60_000 : 60_000);
  const wholeMs = Date.UTC(at(1), at(2) - 1, at(3), at(4), at(5), at(6));
  const ms = wholeMs + fractionMs - offsetMs;
  return ms >= 0 && ms <= INSTANT_LIMITS.msMax ? ms : undefined;
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1969 || month < 1 || month > 12) return false;
  return day >= 1 && day <= daysIn(year, month);
}

/** How many days a month has; months count from 1. */
export function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

function isTime(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 59;
}
