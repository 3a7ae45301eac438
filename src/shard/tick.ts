import { advanceRun } from "../core/advance-run.ts";
import { isTooLateToRetry } from "../core/fail-attempt.ts";
import type { Job } from "../core/job.ts";
import { isEnded, RUN_LIMITS, type Run } from "../core/run.ts";
import type { Delivery } from "../ports/dispatcher.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { startAttempt } from "./attempts.ts";
import { resumeNow } from "./job-pause.ts";
import { changed, unarmed } from "./job-state.ts";
import { planJob, runsOfPlan } from "./settle.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * One tick of the shard, inside its transaction: deadlines that passed, runs that are ready, then jobs
 * whose time has come, as far as there are slots. What finds no slot stays ready or overdue, and the next
 * completion brings it on.
 */
export function tickShard(state: ShardState, nowMs: number): readonly Delivery[] {
  state.live.advance(nowMs);
  state.near.advance(nowMs);
  state.releaseSilent(nowMs);
  for (const run of claimed(state, state.live.expiredIds(), nowMs)) expire(state, run, nowMs);
  const deliveries: Delivery[] = [];
  startReady(state, nowMs, deliveries);
  for (const entry of claimable(state)) tickJob(state, entry, nowMs, deliveries);
  return deliveries;
}

function startReady(state: ShardState, nowMs: number, deliveries: Delivery[]): void {
  for (const run of claimed(state, state.live.readyIds(), nowMs)) {
    if (isInTheWay(state, run)) cancelOverlap(state, run, nowMs);
    else if (isTooLateToRetry(run, nowMs)) expire(state, run, nowMs);
    else if (state.slotsFree > 0) deliveries.push(startAttempt(state, run, nowMs));
  }
}

/** The first of these runs, as many as one tick takes. What a clock that stepped back has put off waits again. */
function claimed(state: ShardState, runIds: Iterable<string>, nowMs: number): readonly Run[] {
  const due: Run[] = [];
  const early: Run[] = [];
  for (const runId of runIds) {
    if (due.length >= state.limits.claimMax) break;
    const run = state.live.get(runId);
    if (run === undefined) continue;
    const isDue = !isEnded(run.phase) && run.phase.dueMs <= nowMs;
    (isDue ? due : early).push(run);
  }
  for (const run of early) state.live.index(run);
  return due;
}

function expire(state: ShardState, run: Run, nowMs: number): void {
  const draw = state.random.next();
  state.inFlight.delete(run.id);
  state.saveRun(advanceRun(run, { kind: "expired", nowMs, draw }));
}

/** A run that waited for a later time meets its job's overlap policy when that time has come. */
function isInTheWay(state: ShardState, run: Run): boolean {
  const { phase, order } = run;
  if (phase.state !== "waiting" || order.overlap === "allow") return false;
  if (phase.dueMs <= run.createdMs) return false; // It was weighed when it was made.
  return state.live.activeOf(run.jobId) > 0;
}

function cancelOverlap(state: ShardState, run: Run, nowMs: number): void {
  const reason = "Another run of the job had not ended when its time came (overlap: skip).";
  state.saveRun(advanceRun(run, { kind: "canceled", nowMs, reason }));
}

/**
 * Overdue jobs that may be planned now: none when the shard is full, so that their ticks wait instead of
 * being dropped.
 */
function claimable(state: ShardState): readonly DueEntry[] {
  if (!state.hasRoom()) return [];
  const slots = Math.min(state.slotsFree, state.limits.claimMax);
  return slots <= 0 ? [] : state.near.peekOverdue(slots);
}

function tickJob(state: ShardState, entry: DueEntry, nowMs: number, deliveries: Delivery[]): void {
  const job = state.job(entry.jobId);
  if (job === undefined) {
    state.dropDue(entry);
    return;
  }
  if (entry.dueMs > nowMs) {
    state.near.put(entry, nowMs); // It was due by a clock that has stepped back since.
    return;
  }
  if (job.pause !== null) {
    resumeNow(state, job, { missed: null, nowMs });
    return;
  }
  const planned = planJob(state, job, { cursorMs: entry.cursorMs, nowMs, mode: "due" });
  for (const run of runsOfPlan(state, job, planned, nowMs)) {
    if (state.slotsFree > 0) deliveries.push(startAttempt(state, run, nowMs));
    else state.saveRun(run);
  }
  const { cursorMs, nextDueMs, isComplete } = planned;
  if (nextDueMs === null) endJob(state, job, entry, nowMs);
  else {
    // An unfinished plan stays overdue: the next tick of the shard goes on with it.
    const dueMs = isComplete ? nextDueMs : Math.min(nowMs, nextDueMs);
    state.saveDue({ dueMs, jobId: job.id, cursorMs }, entry, nowMs);
  }
}

function endJob(state: ShardState, job: Job, entry: DueEntry, nowMs: number): void {
  state.dropDue(entry);
  state.saveJob({ ...unarmed(changed(job, nowMs), entry.cursorMs), state: "ended" });
}

/**
 * After the clock stepped back, deadlines that were set by the later clock would come too late: they are
 * set anew. Ticks need nothing: their cursor is ahead, so none fires again.
 */
export function clampDeadlines(state: ShardState, nowMs: number): void {
  for (const [runId, out] of state.inFlight)
    if (out.silentMs > nowMs + out.patienceMs)
      state.inFlight.set(runId, { ...out, silentMs: nowMs + out.patienceMs });
  for (const runId of Array.from(state.live.ids())) {
    const run = state.live.get(runId);
    if (run !== undefined) clampDeadline(state, run, nowMs);
  }
}

/** The same for one run, whose shard may have slept while its clock stepped back. */
export function clampDeadline(state: ShardState, run: Run, nowMs: number): void {
  const { phase } = run;
  if (phase.state !== "dispatching" && phase.state !== "running") return;
  const graceMs = phase.state === "dispatching" ? RUN_LIMITS.dispatchGraceMs : 0;
  const dueMsMax = nowMs + run.order.timeoutMs + graceMs;
  if (phase.dueMs <= dueMsMax) return;
  state.saveRun({ ...run, version: run.version + 1, phase: { ...phase, dueMs: dueMsMax } });
}
