import { z } from "@hono/zod-openapi";
import { liveOf, type Backfill } from "../core/backfill.ts";
import { instantOut, isoText, isoTextOrNull, jsonObjectOut } from "./wire.ts";

export const BACKFILL_OVERLAPS = ["buffer_all", "skip", "allow"] as const;

/** A backfill as every answer shows it. */
export const backfillOut = z
  .object({
    id: z.string(),
    job: z.string(),
    jobId: z.string(),
    from: instantOut,
    to: instantOut,
    overlap: z.enum(BACKFILL_OVERLAPS),
    rate: z.number().openapi({ description: "Runs a minute." }),
    params: jsonObjectOut.nullable(),
    state: z.enum(["running", "paused", "completed", "canceled"]),
    total: z.number().openapi({ description: "Ticks of the range that may run." }),
    made: z.number().openapi({ description: "Ticks that became runs." }),
    skipped: z.number().openapi({ description: "Ticks that were skipped for an overlap." }),
    succeeded: z.number(),
    failed: z.number().openapi({ description: "Runs that failed, timed out or were lost." }),
    canceled: z.number(),
    live: z.number().openapi({ description: "Its runs that have not ended." }),
    cursor: instantOut.nullable().openapi({ description: "The next tick; null behind the last." }),
    calendar: z
      .object({ name: z.string(), version: z.number() })
      .nullable()
      .openapi({ description: "The calendar that decided which ticks are open." }),
    createdAt: instantOut,
    updatedAt: instantOut,
    pausedAt: instantOut.optional(),
    endedAt: instantOut.optional(),
    version: z.number(),
  })
  .openapi("Backfill");

export type BackfillJson = z.infer<typeof backfillOut>;

export function backfillJson(backfill: Backfill): BackfillJson {
  const { calendar, pausedMs, endedMs } = backfill;
  return {
    id: backfill.id,
    job: backfill.jobName,
    jobId: backfill.jobId,
    from: isoText(backfill.fromMs),
    to: isoText(backfill.toMs),
    overlap: backfill.overlap,
    rate: backfill.rate,
    params: backfill.params,
    state: backfill.state,
    total: backfill.total,
    made: backfill.made,
    skipped: backfill.skipped,
    succeeded: backfill.succeeded,
    failed: backfill.failed,
    canceled: backfill.canceled,
    live: liveOf(backfill),
    cursor: isoTextOrNull(backfill.nextMs),
    calendar: calendar === null ? null : { name: calendar.name, version: calendar.version },
    createdAt: isoText(backfill.createdMs),
    updatedAt: isoText(backfill.updatedMs),
    ...(pausedMs === null ? {} : { pausedAt: isoText(pausedMs) }),
    ...(endedMs === null ? {} : { endedAt: isoText(endedMs) }),
    version: backfill.version,
  };
}
