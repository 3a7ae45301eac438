import type { Schedule } from "./schedule.ts";
import { isTickAt } from "./tick-at.ts";

/**
 * Where a calendar has moved the tick of a closed day; null when the instant is no such tick, or has
 * nowhere to go.
 */
export function movedTick(schedule: Schedule, atMs: number): number | null {
  if (schedule.kind !== "cron" && schedule.kind !== "every") return null;
  const bare = schedule.kind === "cron" ? schedule.cron : schedule.interval;
  const moved = schedule.calendar?.moved ?? null;
  if (moved === null || bare.nextAfter(atMs - 1) !== atMs) return null;
  const landed = moved.landingOf(atMs);
  return landed !== null && isTickAt(schedule, landed) ? landed : null;
}
