import { openDayFrom, openDayUntil } from "./calendar.ts";
import type { ScheduleSpec } from "./job.ts";
import { instantsOf, localDay } from "./local-time.ts";
import type { Schedule } from "./schedule.ts";
import { isTickAt } from "./tick-at.ts";

const DAY_MS = 86_400_000;

/**
 * Where a calendar has moved the tick of a closed day; null when the instant is no such tick, or has
 * nowhere to go.
 */
export function movedTick(spec: ScheduleSpec, schedule: Schedule, atMs: number): number | null {
  if (!("calendar" in spec) || spec.calendar === null) return null;
  if (schedule.kind !== "cron" && schedule.kind !== "every") return null;
  const { calendar: frame, zone } = schedule;
  const bare = schedule.kind === "cron" ? schedule.cron : schedule.interval;
  const isMoving = frame !== null && frame.moved !== null;
  if (!isMoving || bare.nextAfter(atMs - 1) !== atMs) return null;
  const day = localDay(zone, atMs);
  const search = spec.calendar.roll === "next" ? openDayFrom : openDayUntil;
  const openDay = search(frame.calendar, day);
  if (openDay === null || openDay === day) return null;
  const dst = spec.kind === "cron" ? spec.dst : ({ gap: "shift", fold: "first" } as const);
  const wallMs = atMs + zone.offsetMs(atMs) + (openDay - day) * DAY_MS;
  const [landed] = instantsOf(zone, wallMs, dst);
  return landed !== undefined && isTickAt(schedule, landed) ? landed : null;
}
