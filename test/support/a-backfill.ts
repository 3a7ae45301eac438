import type { Backfill } from "../../src/core/backfill.ts";
import { EVERY_DEFAULTS } from "./specs.ts";

/** When a test's backfill is made. */
export const BACKFILL_MS = Date.UTC(2026, 4, 1, 12);

/** A backfill of so many ticks, a minute apart, of the days before. */
export function aBackfill(more: Partial<Backfill> & { readonly ticks?: number } = {}): Backfill {
  const { ticks = 10, ...rest } = more;
  const fromMs = BACKFILL_MS - 7 * 86_400_000;
  const anchor = new Date(fromMs - 600_000).toISOString();
  return {
    id: "bf_019aa3c1d2007abc8def0123456789ab00",
    namespace: "default",
    jobId: "job_a",
    jobName: "report",
    fromMs,
    toMs: fromMs + ticks * 60_000,
    overlap: "buffer_all",
    rate: 60,
    params: null,
    schedule: { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS },
    calendar: null,
    state: "running",
    total: ticks,
    made: 0,
    skipped: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    nextMs: fromMs,
    slotMs: BACKFILL_MS,
    dueMs: BACKFILL_MS,
    createdMs: BACKFILL_MS,
    updatedMs: BACKFILL_MS,
    pausedMs: null,
    endedMs: null,
    version: 1,
    ...rest,
  };
}
