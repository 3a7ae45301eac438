import { fireAtMs, nextTick } from "../core/schedule.ts";
import type { Plan } from "../core/plan.ts";
import { Refusal } from "../core/refusal.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import { isEnded } from "../core/run.ts";
import type { JobRef, JobView } from "../ports/shard-client.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
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
  const { schedule } = state.compiled(job);
  const cursorMs = state.near.get(job.id)?.cursorMs ?? nowMs;
  return nextTick(schedule, cursorMs);
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
  const { schedule } = state.compiled(job);
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
    for (const run of runsOfPlan(state, job, planned, nowMs)) state.saveRun(run);
}

/**
 * Gives an active job its due entry after `cursorMs`, or ends it when its schedule is over. Returns the
 * job as stored.
 */
export function armJob(
  state: ShardState,
  job: Job,
  arm: { readonly cursorMs: number; readonly from: DueEntry | undefined; readonly nowMs: number },
): Job {
  const { cursorMs, from, nowMs } = arm;
  if (job.spec.schedule.kind === "manual") {
    if (from !== undefined) state.dropDue(from);
    const manual = unarmed(job, cursorMs);
    state.saveJob(manual);
    return manual;
  }
  const { schedule } = state.compiled(job);
  const nextMs = nextTick(schedule, cursorMs);
  if (nextMs === null) {
    if (from !== undefined) state.dropDue(from);
    const ended: Job = { ...unarmed(job, cursorMs), state: "ended", pause: null };
    state.saveJob(ended);
    return ended;
  }
  const dueMs = fireAtMs(schedule, job.id, nextMs);
  state.saveDue({ dueMs, jobId: job.id, cursorMs }, from, nowMs);
  state.saveJob(job);
  return job;
}
