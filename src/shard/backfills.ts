import { advanceRun } from "../core/advance-run.ts";
import {
  BACKFILL_LIMITS,
  countEnded,
  isUnfinished,
  stepBackfill,
  wakeMs,
  type Backfill,
} from "../core/backfill.ts";
import { compileCalendar } from "../core/calendar.ts";
import type { Job } from "../core/job.ts";
import { runLimit } from "../core/overlap.ts";
import { idOf } from "../core/placement.ts";
import type { Run } from "../core/run.ts";
import { compileSchedule, type Schedule } from "../core/schedule.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { newRun } from "./settle.ts";
import type { ShardState } from "./shard-state.ts";

/** Whether a due entry belongs to a backfill rather than to a job. */
export function isBackfillEntry({ jobId }: DueEntry): boolean {
  return jobId.startsWith("bf_");
}

/** Brings a backfill on whose time has come: the runs and where it stands are written together. */
export function tickBackfill(state: ShardState, entry: DueEntry, nowMs: number): void {
  const backfill = state.storage.getBackfill(entry.jobId);
  const job = backfill === undefined ? undefined : state.job(backfill.jobId);
  if (backfill === undefined || job === undefined || backfill.state !== "running") {
    state.dropDue(entry);
    return;
  }
  if (entry.dueMs > nowMs) {
    state.near.put(entry, nowMs); // It was due by a clock that has stepped back since.
    return;
  }
  if (!state.hasRoom()) return; // It stays overdue until the shard has room again.
  const step = stepBackfill(backfill, {
    schedule: scheduleOf(backfill),
    nowMs,
    waiting: state.backfillRuns.waitingOf(backfill.id),
    free: freeOf(state, job, backfill),
  });
  for (const nominalMs of step.runs)
    state.saveRun(runOf(state, job, { backfill, nominalMs, nowMs }));
  saveBackfill(state, step.backfill, { from: entry, priority: job.spec.priority, nowMs });
}

/**
 * Counts the runs of backfills that ended in the transaction under way, and wakes the backfills that
 * waited for room. Called before the commit.
 */
export function settleBackfills(state: ShardState, nowMs: number): void {
  for (const { backfillId, ended } of state.backfillRuns.takeNews()) {
    const backfill = state.storage.getBackfill(backfillId);
    if (backfill === undefined) continue;
    const counted = woken(state, countEnded(backfill, ended, nowMs), nowMs);
    if (counted === backfill) continue;
    const priority = state.job(backfill.jobId)?.spec.priority ?? 0;
    saveBackfill(state, counted, { from: entryOf(state, backfill), priority, nowMs });
  }
}

/** Stores a backfill together with its due entry; `from` is the entry until now. */
export function saveBackfill(
  state: ShardState,
  backfill: Backfill,
  due: {
    readonly from: DueEntry | undefined;
    readonly priority: number;
    readonly nowMs: number;
  },
): void {
  const { id, dueMs } = backfill;
  const { from, priority, nowMs } = due;
  state.writes++;
  state.storage.putBackfill(backfill);
  if (dueMs === null) {
    if (from !== undefined) state.dropDue(from);
    return;
  }
  if (from?.dueMs === dueMs) return;
  state.saveDue({ dueMs, jobId: id, cursorMs: backfill.nextMs ?? dueMs, priority }, from, nowMs);
}

/** Where the due entry of a backfill is: its row says so. */
export function entryOf(state: ShardState, { id, dueMs }: Backfill): DueEntry | undefined {
  return dueMs === null ? undefined : (state.near.get(id) ?? state.storage.dueAt(dueMs, id));
}

/** Ends runs of a backfill: those that wait for their start, or all that have not ended. */
export function cancelRuns(
  state: ShardState,
  backfill: Backfill,
  cancel: { readonly which: "waiting" | "all"; readonly reason: string; readonly nowMs: number },
): void {
  const { which, reason, nowMs } = cancel;
  for (const runId of state.backfillRuns.runsOf(backfill.id)) {
    const run = state.live.get(runId);
    if (run === undefined || (which === "waiting" && run.phase.state !== "waiting")) continue;
    state.saveRun(advanceRun(run, { kind: "canceled", nowMs, reason }));
  }
}

/** The job goes, and its backfills with it: runs that they made and that have not started are canceled. */
export function dropBackfills(state: ShardState, job: Job, nowMs: number): void {
  const reason = "The job was deleted, and its backfill with it.";
  for (const backfill of state.storage.backfillsOfJob(job.id)) {
    const entry = entryOf(state, backfill);
    if (entry !== undefined) state.dropDue(entry);
    if (isUnfinished(backfill)) cancelRuns(state, backfill, { which: "waiting", reason, nowMs });
    state.writes++;
    state.storage.deleteBackfill(backfill.id);
  }
}

/** The schedule as it was when the backfill was made, with the calendar of that time. */
export function scheduleOf(backfill: Pick<Backfill, "schedule" | "calendar">): Schedule {
  const { schedule, calendar } = backfill;
  if (calendar === null) return compileSchedule(schedule);
  const compiled = compileCalendar(calendar);
  return compileSchedule(schedule, (name) => (name === calendar.name ? compiled : undefined));
}

/** Room was made: the backfill goes on at its pace once few enough of its runs wait. */
function woken(state: ShardState, backfill: Backfill, nowMs: number): Backfill {
  const { id, nextMs, dueMs } = backfill;
  if (backfill.state !== "running" || nextMs === null || dueMs !== null) return backfill;
  if (state.backfillRuns.waitingOf(id) > BACKFILL_LIMITS.waitingLow) return backfill;
  return { ...backfill, dueMs: wakeMs(backfill, nowMs) };
}

/** How many more runs the job may have, for a backfill that skips what overlaps. */
function freeOf(state: ShardState, job: Job, backfill: Backfill): number {
  if (backfill.overlap !== "skip") return Number.POSITIVE_INFINITY;
  const limit = runLimit({ overlap: backfill.overlap, concurrency: job.spec.concurrency });
  return limit - state.live.activeOf(job.id);
}

function runOf(
  state: ShardState,
  job: Job,
  tick: { readonly backfill: Backfill; readonly nominalMs: number; readonly nowMs: number },
): Run {
  const { backfill, nominalMs, nowMs } = tick;
  const { order } = state.compiled(job);
  return newRun(job, {
    id: idOf("run", state.ids.next(nowMs), state.shard),
    trigger: { kind: "backfill", backfill: backfill.id, tickMs: nominalMs },
    nominalMs,
    order: { ...order, overlap: backfill.overlap, params: { ...order.params, ...backfill.params } },
    dueMs: nowMs,
    nowMs,
    traceparent: null,
  });
}
