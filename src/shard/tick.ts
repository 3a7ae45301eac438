import { advanceRun } from "../core/advance-run.ts";
import { admit } from "../core/overlap.ts";
import { isTooLateToRetry } from "../core/fail-attempt.ts";
import type { Job } from "../core/job.ts";
import type { Plan } from "../core/plan.ts";
import { isEnded, isForLater, isHeld, RUN_LIMITS, type Run } from "../core/run.ts";
import { isExhausted } from "../core/schedule.ts";
import type { Delivery } from "../ports/dispatcher.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { startAttempt } from "./attempts.ts";
import { isBackfillEntry, tickBackfill } from "./backfills.ts";
import { counted } from "./delay.ts";
import { settleEnded, unpark } from "./ended-runs.ts";
import { resumeNow } from "./job-pause.ts";
import { changed, unarmed } from "./job-state.ts";
import { cancelOthers, limitOf, mayStart, withRoomMade } from "./run-room.ts";
import { planJob, runsOfPlan } from "./settle.ts";
import type { ShardState } from "./shard-state.ts";

/** One tick of the shard in the making. */
interface ShardTick {
  readonly state: ShardState;
  readonly nowMs: number;
  readonly deliveries: Delivery[];
  /** Ready runs, and overdue jobs, that may still be looked at. */
  runsLeft: number;
  jobsLeft: number;
}

/**
 * One tick of the shard, inside its transaction: deadlines that passed, runs that are ready, then jobs
 * whose time has come, as far as there are slots, the highest priority first. What finds no slot stays ready
 * or overdue, and the next completion brings it on.
 */
export function tickShard(state: ShardState, nowMs: number): readonly Delivery[] {
  state.live.advance(nowMs);
  state.near.advance(nowMs);
  state.releaseSilent(nowMs);
  const { claimMax } = state.limits;
  for (const run of claimed(state, state.live.expiredIds(), { nowMs, limit: claimMax }))
    expire(state, run, nowMs);
  settleEnded(state, nowMs);
  const tick: ShardTick = {
    state,
    nowMs,
    deliveries: [],
    runsLeft: claimMax,
    jobsLeft: claimMax,
  };
  for (const priority of highestFirst(state)) {
    startReady(tick, priority);
    planOverdue(tick, priority);
  }
  return tick.deliveries.filter(({ runId }) => isStillOut(state, runId));
}

/** A run that started in this very tick may have been canceled for a later one: it is not sent at all. */
function isStillOut(state: ShardState, runId: string): boolean {
  const run = state.live.get(runId);
  if (run?.phase.state === "dispatching") return true;
  state.inFlight.remove(runId, run);
  return false;
}

function highestFirst({ live, near }: ShardState): readonly number[] {
  const priorities = new Set([...live.priorities(), ...near.priorities()]);
  return [...priorities].toSorted((a, b) => b - a);
}

function startReady(tick: ShardTick, priority: number): void {
  const { state, nowMs } = tick;
  const runs = claimed(state, state.live.readyIds(priority), { nowMs, limit: tick.runsLeft });
  tick.runsLeft -= runs.length;
  for (const run of runs) {
    // Another one may have canceled it.
    if (state.live.get(run.id)?.version !== run.version) continue;
    if (run.phase.state === "waiting") startFirst(tick, run);
    else if (isTooLateToRetry(run, nowMs)) giveUp(state, run, nowMs);
    else if (state.slotsFree > 0) tick.deliveries.push(startAttempt(state, run, nowMs));
  }
}

/** The first of these runs, at most `limit`. What a clock that stepped back has put off waits again. */
function claimed(
  state: ShardState,
  runIds: Iterable<string>,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): readonly Run[] {
  const due: Run[] = [];
  const early: Run[] = [];
  for (const runId of runIds) {
    if (due.length >= limit) break;
    const run = state.live.get(runId);
    if (run === undefined) continue;
    const isDue = !isEnded(run.phase) && run.phase.dueMs <= nowMs;
    (isDue ? due : early).push(run);
  }
  for (const run of early) {
    state.live.index(run);
    unpark(state, run); // It has left the line, so that another one may be the first there.
  }
  return due;
}

function expire(state: ShardState, run: Run, nowMs: number): void {
  state.inFlight.remove(run.id, run);
  giveUp(state, run, nowMs);
}

/** Time is over for it. A delivery of an earlier attempt that is still out keeps its slot until it is back. */
function giveUp(state: ShardState, run: Run, nowMs: number): void {
  const draw = state.random.next();
  state.saveRun(advanceRun(run, { kind: "expired", nowMs, draw }));
}

/** The turn of a run that has not started: it starts, is parked, or ends without an attempt. */
function startFirst({ state, nowMs, deliveries }: ShardTick, run: Run): void {
  if (state.slotsFree <= 0) return;
  const job = state.job(run.jobId);
  const reason = tooLate(state, job, { run, nowMs }) ?? inTheWay(state, job, run);
  if (reason !== null) {
    state.saveRun(advanceRun(run, { kind: "canceled", nowMs, reason }));
    return;
  }
  if (isForLater(run) && run.order.overlap === "cancel_other") {
    const untilMs = cancelOthers(state, run, nowMs);
    if (untilMs !== null) {
      state.saveRun(advanceRun(run, { kind: "held", untilMs }));
      return;
    }
  }
  if (mayStart(state, job, run)) deliveries.push(startAttempt(state, run, nowMs));
  else state.live.park(run.id, lastStartMs(state, job, run));
}

/** Why a tick's run that had to wait may not start any more; null when it may. */
function tooLate(
  state: ShardState,
  job: Job | undefined,
  { run, nowMs }: { readonly run: Run; readonly nowMs: number },
): string | null {
  const lastMs = lastStartMs(state, job, run);
  if (lastMs === null || nowMs < lastMs) return null;
  return `It could not start within ${job?.spec.startWithin} of its time.`;
}

/** From when on it is too late for a tick's run to start; null when it never is. */
function lastStartMs(state: ShardState, job: Job | undefined, run: Run): number | null {
  if (job === undefined || job.spec.startWithin === null || run.trigger.kind !== "tick")
    return null;
  const { startWithinMs } = state.compiled(job);
  return startWithinMs === null ? null : run.nominalMs + startWithinMs + 1;
}

/** Why a run that was asked for a later time does not run now that it has come; null when it does. */
function inTheWay(state: ShardState, job: Job | undefined, run: Run): string | null {
  const { overlap } = run.order;
  // Any other than for later was weighed when it was made.
  if (overlap === "allow" || !isForLater(run)) return null;
  const limit = limitOf(job, run);
  const live = state.live.before(run);
  const bufferedMax = Number.POSITIVE_INFINITY; // It is here already.
  if (admit(overlap, { live, limit, bufferedMax }) === "run") return null;
  const others = live === 1 ? "Another run of the job" : `${live} other runs of the job`;
  return `${others} had not ended when its time came (overlap: ${overlap}).`;
}

/**
 * Plans overdue jobs as long as there are slots, for not every plan takes one. None when the shard is full,
 * so that their ticks wait instead of being dropped.
 */
function planOverdue(tick: ShardTick, priority: number): void {
  const { state, nowMs } = tick;
  for (;;) {
    const entries = claimedJobs(tick, priority);
    for (const entry of entries)
      if (isBackfillEntry(entry)) tickBackfill(state, entry, nowMs);
      else tickJob(tick, entry);
    // What is still overdue goes on in the next tick of the shard.
    const isStuck = entries.some(
      ({ jobId }) => (state.near.get(jobId)?.dueMs ?? Infinity) <= nowMs,
    );
    if (entries.length === 0 || isStuck) return;
  }
}

function claimedJobs(tick: ShardTick, priority: number): readonly DueEntry[] {
  const { state, jobsLeft } = tick;
  const slots = state.hasRoom() ? Math.min(state.slotsFree, jobsLeft) : 0;
  const entries = slots <= 0 ? [] : state.near.peekOverdue(priority, slots);
  tick.jobsLeft -= entries.length;
  return entries;
}

function tickJob(tick: ShardTick, entry: DueEntry): void {
  const { state, nowMs } = tick;
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
  for (const run of runsOfPlan(state, job, planned, nowMs)) begin(tick, job, run);
  goOn(state, { job, entry, planned, nowMs });
}

/** Starts a new run at once when it may, or stores it to wait. */
function begin({ state, nowMs, deliveries }: ShardTick, job: Job, made: Run): void {
  const run = withRoomMade(state, made, nowMs);
  const isPutOff = run !== made;
  const mayBegin = !isPutOff && mayStart(state, job, run);
  if (mayBegin && state.slotsFree > 0) {
    deliveries.push(startAttempt(state, run, nowMs));
    return;
  }
  state.saveRun(run);
  if (!isPutOff && !mayBegin) state.live.park(run.id, lastStartMs(state, job, run));
}

/** What becomes of a job's due entry after a plan: it moves on, waits for the run, or the job has ended. */
function goOn(
  state: ShardState,
  step: {
    readonly job: Job;
    readonly entry: DueEntry;
    readonly planned: Plan;
    readonly nowMs: number;
  },
): void {
  const { job, entry, planned, nowMs } = step;
  const { cursorMs, nextDueMs, isComplete, isAwaiting } = planned;
  const after = counted(job, [planned]);
  const isLast = after !== job && isExhausted(state.compiled(job).schedule, after.ticksDone);
  if (isLast || (nextDueMs === null && !isAwaiting)) {
    endJob(state, after, entry, nowMs);
    return;
  }
  if (after !== job) state.saveJob(changed(after, nowMs));
  if (nextDueMs === null) {
    state.dropDue(entry);
    state.live.watch(job.id);
    return;
  }
  // An unfinished plan stays overdue: the next tick of the shard goes on with it.
  const dueMs = isComplete ? nextDueMs : Math.min(nowMs, nextDueMs);
  const { priority } = job.spec;
  state.saveDue({ dueMs, jobId: job.id, cursorMs, priority }, entry, nowMs);
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
  state.inFlight.clamp(nowMs);
  for (const runId of Array.from(state.live.ids())) {
    const run = state.live.get(runId);
    if (run !== undefined) clampDeadline(state, run, nowMs);
  }
}

/** The same for one run, whose shard may have slept while its clock stepped back. */
export function clampDeadline(state: ShardState, run: Run, nowMs: number): void {
  const { phase } = run;
  if (isHeld(run) && phase.state === "waiting") {
    const untilMs = Math.max(run.nominalMs, nowMs + state.limits.cancelWaitMs);
    if (phase.dueMs > untilMs) state.saveRun(advanceRun(run, { kind: "held", untilMs }));
    return;
  }
  if (phase.state !== "dispatching" && phase.state !== "running") return;
  const graceMs = phase.state === "dispatching" ? RUN_LIMITS.dispatchGraceMs : 0;
  const dueMsMax = nowMs + run.order.timeoutMs + graceMs;
  if (phase.dueMs <= dueMsMax) return;
  state.saveRun({ ...run, version: run.version + 1, phase: { ...phase, dueMs: dueMsMax } });
}
