import { fireAtMs, isExhausted, nextOpenTick, nextTick } from "../core/schedule.ts";
import type { Plan } from "../core/plan.ts";
import { Refusal } from "../core/refusal.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import { isEnded } from "../core/run.ts";
import type { JobRef, JobView } from "../ports/shard-client.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { isAwaiting, lastFiredMs } from "./delay.ts";
import { withRoomMade } from "./run-room.ts";
import { planJob, runsOfPlan } from "./settle.ts";
import type { ShardState } from "./shard-state.ts";

const RUNS_SHOWN = 10;

/** The job that a reference names, or a refusal: another tenant's job is unknown like one that never was. */
export function jobOf(state: ShardState, { namespace, job }: JobRef): Job {
  const found = state.job(job) ?? state.storage.getJobByName(namespace, job);
  if (found === undefined || found.namespace !== namespace)
    throw new Refusal("job.unknown", `There is no job "${job}".`);
  return found;
}

export function viewOf(state: ShardState, job: Job, nowMs: number): JobView {
  const runs: Run[] = [];
  for (const runId of [...state.live.liveOf(job.id)].toSorted().slice(-RUNS_SHOWN)) {
    const run = state.live.get(runId);
    if (run !== undefined && !isEnded(run.phase)) runs.unshift(run);
  }
  return { job, nextTickMs: nextTickOf(state, job, nowMs), runs };
}

function nextTickOf(state: ShardState, job: Job, nowMs: number): number | null {
  if (job.state !== "active" || job.spec.schedule.kind === "manual") return null;
  if (isAwaiting(state, job)) return null;
  const { schedule } = state.compiled(job);
  if (schedule.kind === "after")
    return nextTick(schedule, cursorOf(job, dueOf(state, job, nowMs), nowMs));
  const cursorMs = state.near.get(job.id)?.cursorMs ?? nowMs;
  return nextOpenTick(schedule, cursorMs);
}

/**
 * A job's due entry. The table is clustered by time, so a job's own entry is found by guessing its time:
 * the next tick from now, which is right unless the job is overdue or the clock stepped. The guess is
 * only a short cut; when it fails, the whole table is read.
 */
export function dueOf(state: ShardState, job: Job, nowMs: number): DueEntry | undefined {
  const near = state.near.get(job.id);
  if (near !== undefined) return near;
  if (job.pause !== null) {
    const { untilMs } = job.pause;
    return untilMs === null ? undefined : state.storage.dueAt(untilMs, job.id);
  }
  if (job.state === "ended" || job.spec.schedule.kind === "manual") return undefined;
  if (isAwaiting(state, job)) return undefined;
  const { schedule } = state.compiled(job);
  if (schedule.kind === "after") return state.delayDue(job.id);
  const nextMs = nextTick(schedule, nowMs);
  const guess =
    nextMs === null ? undefined : state.storage.dueAt(fireAtMs(schedule, job.id, nextMs), job.id);
  return guess ?? state.storage.scanDue(job.id);
}

/** The last accounted tick of a job. One without a due entry has accounted for all up to its last change. */
export function cursorOf(job: Job, due: DueEntry | undefined, nowMs: number): number {
  return job.pause?.cursorMs ?? due?.cursorMs ?? Math.max(nowMs, job.updatedMs);
}

/** The next version of a job that changes now. */
export function changed(job: Job, nowMs: number): Job {
  return { ...job, version: job.version + 1, updatedMs: Math.max(nowMs, job.updatedMs) };
}

/** A job that loses its due entry, and with it the cursor. */
export function unarmed(job: Job, cursorMs: number): Job {
  return { ...job, updatedMs: Math.max(job.updatedMs, cursorMs) };
}

export interface Settled {
  readonly plans: readonly Plan[];
  /** The last accounted nominal time. */
  readonly cursorMs: number;
}

/**
 * Decides every tick of a job up to now, before the job changes. Nothing is written. Refuses when the
 * backlog is longer than one command may take; the shard works it off meanwhile.
 */
export function settle(
  state: ShardState,
  job: Job,
  from: {
    readonly cursorMs: number;
    readonly nowMs: number;
    readonly mode: "settle" | "resume";
    readonly missed: "skip" | "latest" | "all" | null;
  },
): Settled {
  const plans: Plan[] = [];
  let { cursorMs } = from;
  const isOver = isExhausted(state.compiled(job).schedule, job.ticksDone);
  if (isOver) return { plans, cursorMs };
  if (isAwaiting(state, job))
    return { plans, cursorMs: Math.max(cursorMs, lastFiredMs(state, job)) };
  let extraLive = 0;
  for (let steps = 0; steps < state.limits.settleStepsMax; steps++) {
    const planned = planJob(state, job, { ...from, cursorMs, extraLive });
    plans.push(planned);
    ({ cursorMs } = planned);
    extraLive += planned.fires.length;
    if (planned.isComplete) return { plans, cursorMs };
  }
  throw new Refusal(
    "shard.unavailable",
    `The ticks that job "${job.spec.name}" missed are still being accounted for.`,
    { retryAfterMs: 1_000, hint: "Try again in a moment." },
  );
}

/** Writes what was settled: ticks without runs, and runs that start with the next tick of the shard. */
export function keepSettled(state: ShardState, job: Job, settled: Settled, nowMs: number): void {
  for (const planned of settled.plans)
    for (const run of runsOfPlan(state, job, planned, nowMs))
      state.saveRun(withRoomMade(state, run, nowMs));
}

interface Arming {
  /** The last accounted nominal time, or of a fixed delay the instant from which it is counted. */
  readonly cursorMs: number;
  /** The due entry until now. */
  readonly from: DueEntry | undefined;
  readonly nowMs: number;
}

/**
 * Gives an active job its due entry after `cursorMs`, or ends it when its schedule is over. Returns the
 * job as stored.
 */
export function armJob(state: ShardState, job: Job, arm: Arming): Job {
  const placed = placeDue(state, job, arm);
  state.saveJob(placed);
  return placed;
}

/** The same without storing the job, which comes back as it is to be stored: changed only when it has no entry. */
export function placeDue(state: ShardState, job: Job, arm: Arming): Job {
  const { cursorMs, from, nowMs } = arm;
  const { schedule } = state.compiled(job);
  const isWaiting = isAwaiting(state, job);
  if (isWaiting) state.live.watch(job.id);
  const isOver = isExhausted(schedule, job.ticksDone);
  const nextMs = isWaiting || isOver ? null : nextTick(schedule, cursorMs);
  if (nextMs === null) {
    if (from !== undefined) state.dropDue(from);
    const idle = unarmed(job, cursorMs);
    const goesOn = schedule.kind === "manual" || (isWaiting && !isOver);
    return goesOn ? idle : { ...idle, state: "ended", pause: null };
  }
  const dueMs = fireAtMs(schedule, job.id, nextMs);
  const { priority } = job.spec;
  state.saveDue({ dueMs, jobId: job.id, cursorMs, priority }, from, nowMs);
  if (schedule.kind === "after") state.noteDelayDue(job.id, dueMs);
  return job;
}
