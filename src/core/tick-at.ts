import { nextTick, type Schedule } from "./schedule.ts";

/** Whether an instant is a nominal time of a schedule. A fixed delay names none by itself. */
export function isTickAt(schedule: Schedule, atMs: number): boolean {
  return schedule.kind !== "after" && nextTick(schedule, atMs - 1) === atMs;
}
