import type { Job } from "../core/job.ts";
import type { Plan } from "../core/plan.ts";
import type { Run } from "../core/run.ts";
import { isExhausted } from "../core/schedule.ts";
import { isSplit } from "../core/split-run.ts";
import type { Delivery } from "../ports/dispatcher.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { isBackfillEntry, tickBackfill } from "./backfills.ts";
import { counted } from "./delay.ts";
import { settleEnded } from "./ended-runs.ts";
import { resumeNow } from "./job-pause.ts";
import { changed, unarmed } from "./job-state.ts";
import { mayStart, withRoomMade } from "./run-room.ts";
import { leaveWorkflowRuns } from "./leaving-workflows.ts";
import {
  claimed,
  giveUp,
  setAside,
  start,
  startReady,
  startSlices,
  type ShardTick,
} from "./run-turns.ts";
import { planJob, runsOfPlan } from "./settle.ts";
import { settleOverdue } from "./sharded-runs.ts";
import type { ShardState } from "./shard-state.ts";
import { tickWorkflowRun } from "./workflow-due.ts";

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
  const workflowRuns = state.near.peekExpired(claimMax);
  for (const entry of workflowRuns) tickWorkflowRun(state, entry, nowMs);
  settleEnded(state, nowMs);
  // What these set off has its turn in this very tick.
  if (workflowRuns.length > 0) state.live.advance(nowMs);
  const tick: ShardTick = {
    state,
    nowMs,
    deliveries: [],
    runsLeft: claimMax,
    jobsLeft: claimMax,
    hasSlices: false,
  };
  for (const priority of highestFirst(state)) {
    startReady(tick, priority);
    // Some may have ended in their turn: a job is planned when that has been taken note of.
    settleEnded(state, nowMs);
    planOverdue(tick, priority);
    startSlices(tick, priority);
  }
  leaveWorkflowRuns(state, nowMs);
  return tick.deliveries.filter(({ runId }) => isStillOut(state, runId));
}

function expire(state: ShardState, run: Run, nowMs: number): void {
  // A lease may end while the request that began it is open: its carrier has the slot until it reports.
  if (run.phase.state === "dispatching") state.inFlight.remove(run.id, run);
  if (run.tally === null) giveUp(state, run, nowMs);
  else settleOverdue(state, run, nowMs);
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
function begin(tick: ShardTick, job: Job, made: Run): void {
  const { state, nowMs } = tick;
  const run = withRoomMade(state, made, nowMs);
  const isPutOff = run !== made;
  const mayBegin = !isPutOff && mayStart(state, job, run);
  if (mayBegin && state.slotsFree > 0) {
    if (isSplit(run)) {
      state.saveRun(run); // So that it can be set aside.
      state.live.watch(job.id); // It may end right here.
    }
    start(tick, run, isSplit(run));
    return;
  }
  state.saveRun(run);
  if (!isPutOff && !mayBegin) setAside(state, run, null);
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
