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
  const days = daysMoved(spec, schedule, atMs);
  if (days === 0 || (schedule.kind !== "cron" && schedule.kind !== "every")) return null;
  const dst = spec.kind === "cron" ? spec.dst : ({ gap: "shift", fold: "first" } as const);
  const wallMs = atMs + schedule.zone.offsetMs(atMs) + days * DAY_MS;
  const [landed] = instantsOf(schedule.zone, wallMs, dst);
  return landed !== undefined && isTickAt(schedule, landed) ? landed : null;
}

/** By how many days; 0 for what is no tick without the calendar, or stays where it is. */
function daysMoved(spec: ScheduleSpec, schedule: Schedule, atMs: number): number {
  if (!("calendar" in spec) || spec.calendar === null) return 0;
  if (schedule.kind !== "cron" && schedule.kind !== "every") return 0;
  const { calendar: frame, zone } = schedule;
  if (frame === null || frame.moved === null || !isBareTick(schedule, atMs)) return 0;
  const day = localDay(zone, atMs);
  const search = spec.calendar.roll === "next" ? openDayFrom : openDayUntil;
  return (search(frame.calendar, day) ?? day) - day;
}

/** Whether it would be a tick if every day were open. */
function isBareTick(
  schedule: Extract<Schedule, { readonly zone: unknown }>,
  atMs: number,
): boolean {
  const bare = schedule.kind === "cron" ? schedule.cron : schedule.interval;
  return bare.nextAfter(atMs - 1) === atMs;
}
