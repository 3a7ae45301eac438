export const RETRY_AFTER_MS_MAX = 86_400_000;

const SECONDS = /^\d{1,10}$/;
/**
 * The two forms of RFC 9110, 5.6.7 that name their zone, and the old one of C's asctime, which is
 * in UTC.
 */
const ZONED = /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * How long a `Retry-After` asks to wait, at most a day; null when it is absent or not to be
 * understood.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? "";
  if (SECONDS.test(text)) return bounded(Number(text) * 1_000);
  if (ZONED.test(text)) return until(Date.parse(text), nowMs);
  if (ASCTIME.test(text)) return until(Date.parse(`${text} GMT`), nowMs);
  return null;
}

function until(atMs: number, nowMs: number): number | null {
  return Number.isNaN(atMs) ? null : bounded(atMs - nowMs);
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}
