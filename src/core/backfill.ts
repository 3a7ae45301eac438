/**
 * A backfill: the open ticks of a past range of a job's schedule, run (again) one after another at a
 * bounded rate. Everything here is pure; the shard keeps what comes out, each step in one transaction, so
 * that no tick is made twice and none is passed over.
 *
 * Pace: each tick has a slot, slots lie `60 s / rate` apart, and a tick is decided at its slot or less
 * than a second after it. When it could not be (a pause, an outage, no room), the slots move on instead of
 * piling up: what is made at once then is at most one second's worth. So of any span of time, at most as
 * many ticks are decided as the rate gives to the span and one second.
 */
import type { CalendarCopy } from "./calendar.ts";
import type { OverlapPolicy, ScheduleSpec } from "./job.ts";
import type { Json } from "./json.ts";
import { openTicks } from "./open-ticks.ts";
import type { EndedState } from "./run.ts";
import type { Schedule } from "./schedule.ts";

export const BACKFILL_LIMITS = {
  /** Open ticks in the range of one backfill. */
  ticksMax: 100_000,
  /** How long its range may be: ten years. */
  spanMsMax: 3_660 * 86_400_000,
  /** Runs a minute. */
  rateMax: 6_000,
  rateDefault: 60,
  /** Runs of one backfill that wait for their start at once. */
  waitingMax: 100,
  /** A backfill that had no room goes on once no more than these wait. */
  waitingLow: 50,
  /** Backfills of one job that have not ended. */
  unfinishedMax: 5,
  /** Backfills kept for one job: the oldest ended ones go first. */
  keptMax: 100,
} as const;

/** How late a slot may still be used. */
const PATIENCE_MS = 1_000;
/** How long slots that lie close together are gathered for one step. */
const GATHER_MS = 500;

/** What becomes of a tick whose job has as many runs as it may: it waits, is skipped, or runs beside them. */
export type BackfillOverlap = Extract<OverlapPolicy, "buffer_all" | "skip" | "allow">;

/** A backfill as its shard stores it. */
export interface Backfill {
  readonly id: string;
  readonly namespace: string;
  readonly jobId: string;
  readonly jobName: string;
  /** The range of nominal times: `fromMs <= t < toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly overlap: BackfillOverlap;
  /** Runs a minute. */
  readonly rate: number;
  /** Laid over the job's own params, key by key. */
  readonly params: { readonly [key: string]: Json } | null;
  /** The job's schedule and its calendar as they were at the start: an edit changes neither. */
  readonly schedule: ScheduleSpec;
  readonly calendar: CalendarCopy | null;
  readonly state: "running" | "paused" | "completed" | "canceled";
  /** Open ticks of the range. */
  readonly total: number;
  /** Ticks that became runs, and ticks that were skipped for an overlap. */
  readonly made: number;
  readonly skipped: number;
  /** Runs that have ended; `failed` counts failed, timed-out and lost ones. */
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  /** The next tick to decide; null when every tick is decided. */
  readonly nextMs: number | null;
  /** The earliest instant at which it may be decided. A fraction of a millisecond counts. */
  readonly slotMs: number;
  /** Where its entry in the due table is; null while it waits for room or has nothing to decide. */
  readonly dueMs: number | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly pausedMs: number | null;
  readonly endedMs: number | null;
  /** Counts every change, from 1. */
  readonly version: number;
}

export interface BackfillStep {
  /** The ticks that become runs now, in nominal order. */
  readonly runs: readonly number[];
  /** How many were skipped, behind those. */
  readonly skipped: number;
  /** The backfill after it; `dueMs` says when to step again. */
  readonly backfill: Backfill;
}

/** The runs of a backfill that have not ended. */
export function liveOf({ made, succeeded, failed, canceled }: Backfill): number {
  return made - succeeded - failed - canceled;
}

export function isUnfinished({ state }: Backfill): boolean {
  return state === "running" || state === "paused";
}

/**
 * Decides the ticks whose slots have come, as far as there is room for waiting runs. `waiting` counts the
 * runs of the backfill that have not started, `free` how many more runs the job may have. Without room
 * the backfill comes back without a `dueMs`: the start or the end of a run goes on with it.
 */
export function stepBackfill(
  backfill: Backfill,
  at: {
    readonly schedule: Schedule;
    readonly nowMs: number;
    readonly waiting: number;
    readonly free: number;
  },
): BackfillStep {
  const { nowMs } = at;
  const idle = { runs: [], skipped: 0, backfill };
  if (backfill.state !== "running" || backfill.nextMs === null) return idle;
  const pace = paceOf(backfill, nowMs);
  if (pace.slots === 0)
    return { ...idle, backfill: { ...backfill, dueMs: wakeMs(backfill, nowMs) } };
  const room = Math.max(0, BACKFILL_LIMITS.waitingMax - at.waiting);
  const decided = Math.min(pace.slots, room);
  const { ticks, nextMs } = ticksOf(backfill, at.schedule, decided);
  const runs = backfill.overlap === "skip" ? ticks.slice(0, Math.max(0, at.free)) : ticks;
  const skipped = ticks.length - runs.length;
  const slotMs = pace.fromMs + ticks.length * intervalMs(backfill);
  const next: Backfill = {
    ...backfill,
    made: backfill.made + runs.length,
    skipped: backfill.skipped + skipped,
    nextMs,
    slotMs,
    dueMs: null,
    updatedMs: Math.max(backfill.updatedMs, nowMs),
    version: backfill.version + 1,
  };
  const hasRoom = decided === pace.slots;
  const dueMs = nextMs !== null && hasRoom ? wakeMs(next, nowMs) : null;
  return { runs, skipped, backfill: finished({ ...next, dueMs }, nowMs) };
}

/** Counts runs that have ended, and completes the backfill with the last of them. */
export function countEnded(
  backfill: Backfill,
  states: readonly EndedState[],
  nowMs: number,
): Backfill {
  if (states.length === 0) return backfill;
  const succeeded = states.filter((state) => state === "succeeded").length;
  const canceled = states.filter((state) => state === "canceled").length;
  const failed = states.length - succeeded - canceled;
  const counted: Backfill = {
    ...changed(backfill, nowMs),
    succeeded: backfill.succeeded + succeeded,
    failed: backfill.failed + failed,
    canceled: backfill.canceled + canceled,
  };
  return finished(counted, nowMs);
}

/** Stops deciding ticks; the runs that were made go on. */
export function pauseBackfill(backfill: Backfill, nowMs: number): Backfill {
  return { ...changed(backfill, nowMs), state: "paused", pausedMs: nowMs, dueMs: null };
}

/** Goes on where it stopped, at its pace: nothing is made up for. */
export function resumeBackfill(backfill: Backfill, nowMs: number): Backfill {
  const slotMs = Math.max(backfill.slotMs, nowMs);
  const running = {
    ...changed(backfill, nowMs),
    state: "running" as const,
    pausedMs: null,
    slotMs,
  };
  return { ...running, dueMs: backfill.nextMs === null ? null : wakeMs(running, nowMs) };
}

/** Ends it for good: what is not decided stays so. Its runs are the caller's to cancel. */
export function cancelBackfill(backfill: Backfill, nowMs: number): Backfill {
  const over = { state: "canceled", dueMs: null, pausedMs: null, endedMs: nowMs } as const;
  return { ...changed(backfill, nowMs), ...over };
}

/** When a backfill that waited for room goes on. */
export function wakeMs(backfill: Backfill, nowMs: number): number {
  const slotMs = Math.max(nowMs, Math.ceil(backfill.slotMs));
  // Skipping looks at each tick in its own slot: a gathered one would overlap its neighbour.
  const isGathered = backfill.overlap !== "skip" && intervalMs(backfill) < GATHER_MS;
  return isGathered ? Math.max(slotMs, nowMs + GATHER_MS) : slotMs;
}

function changed(backfill: Backfill, nowMs: number): Backfill {
  const updatedMs = Math.max(backfill.updatedMs, nowMs);
  return { ...backfill, updatedMs, version: backfill.version + 1 };
}

function finished(backfill: Backfill, nowMs: number): Backfill {
  const isOver = backfill.nextMs === null && liveOf(backfill) === 0;
  if (!isOver || !isUnfinished(backfill)) return backfill;
  return { ...backfill, state: "completed", pausedMs: null, dueMs: null, endedMs: nowMs };
}

function intervalMs({ rate }: Backfill): number {
  return 60_000 / rate;
}

/** The slots that have come, and the first of them. */
function paceOf(
  backfill: Backfill,
  nowMs: number,
): { readonly slots: number; readonly fromMs: number } {
  const everyMs = intervalMs(backfill);
  const isInTime = backfill.slotMs > nowMs - PATIENCE_MS;
  const fromMs = isInTime ? backfill.slotMs : nowMs - Math.max(0, PATIENCE_MS - everyMs);
  const slots = fromMs > nowMs ? 0 : Math.floor((nowMs - fromMs) / everyMs) + 1;
  return { slots, fromMs };
}

/** The next ticks, and the one behind them. */
function ticksOf(
  backfill: Backfill,
  schedule: Schedule,
  limit: number,
): { readonly ticks: readonly number[]; readonly nextMs: number | null } {
  const { nextMs, toMs } = backfill;
  if (nextMs === null || limit === 0) return { ticks: [], nextMs };
  const range = { afterMs: nextMs, untilMs: toMs - 1 };
  const later = openTicks(schedule, { ...range, limit });
  return { ticks: [nextMs, ...later.slice(0, limit - 1)], nextMs: later[limit - 1] ?? null };
}
