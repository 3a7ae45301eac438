import type { Commit, History } from "./history.ts";

/** Ticks up to now belong to the calendar as it was, later ones to the new. */
export function settleCalendars(history: History, { shard, nowMs }: Commit): void {
  const fresh = history.calendars.settle(shard);
  if (fresh.length === 0) return;
  const moment = { nowMs, latestMs: history.latestMs(shard) };
  for (const job of history.jobs.values()) {
    const calendar = fresh.find(({ name }) => name === job.calendarName);
    if (calendar === undefined || job.shard !== shard || job.isDeleted) continue;
    if (job.era?.calendar !== undefined) history.scene.reach("calendar: changed under a job");
    job.recalendared(calendar, moment);
  }
}
