import { durationMs } from "../core/duration.ts";

/** How long lines are kept unless an operator says otherwise. */
export const LOG_RETENTION_DEFAULT = "7d";

/** What an operator must be told who set it to something else. */
export const LOG_RETENTION_FORM = "a duration from 1h to 366d, such as 7d";

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 86_400_000;

/** Milliseconds for which lines are kept; null for a text that is not of the form. */
export function logRetentionMs(text: string): number | null {
  const ms = durationMs(text);
  return ms !== undefined && ms >= HOUR_MS && ms <= YEAR_MS ? ms : null;
}
