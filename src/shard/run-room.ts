import { advanceRun } from "../core/advance-run.ts";
import type { Job } from "../core/job.ts";
import { runLimit } from "../core/overlap.ts";
import { isEnded, isForLater, type Run } from "../core/run.ts";
import { settleSlices } from "./sharded-runs.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * How many runs of its job may have started for this one to start. The job as it is now decides; a run that
 * was made with `overlap=allow` is bound by its `concurrency` only, a slice or a step by nothing here.
 */
export function limitOf(job: Job | undefined, { trigger, order }: Run): number {
  if (trigger.kind === "shard" || trigger.kind === "workflow") return Number.POSITIVE_INFINITY;
  if (job === undefined) return runLimit({ overlap: order.overlap, concurrency: null });
  const isWaived = trigger.kind !== "tick" && order.overlap === "allow";
  const { overlap, concurrency } = job.spec;
  return runLimit({ overlap: isWaived ? "allow" : overlap, concurrency });
}

/** Whether its job's other runs let a run have its first attempt now: those before it in line go first. */
export function mayStart(state: ShardState, job: Job | undefined, run: Run): boolean {
  const limit = limitOf(job, run);
  return limit === Number.POSITIVE_INFINITY || state.live.before(run) < limit;
}

/**
 * A new run whose policy is to cancel the others does so, and is put off while their deliveries are out. It
 * comes back as it is to be stored; any other run comes back as it is.
 */
export function withRoomMade(state: ShardState, run: Run, nowMs: number): Run {
  if (run.order.overlap !== "cancel_other" || run.phase.state !== "waiting") return run;
  const untilMs = cancelOthers(state, run, nowMs);
  return untilMs === null ? run : { ...run, phase: { ...run.phase, dueMs: untilMs } };
}

/**
 * Cancels every other run of the job whose time has come. Returns when this one may start though
 * their deliveries are still out; null when none is.
 */
export function cancelOthers(state: ShardState, run: Run, nowMs: number): number | null {
  const reason = `Run ${run.id} took its place (overlap: cancel_other).`;
  // A slice that has ended before this is counted as what it came to.
  settleSlices(state, nowMs);
  for (const runId of Array.from(state.live.liveOf(run.jobId))) {
    const other = state.live.get(runId);
    if (other === undefined || runId === run.id || isEnded(other.phase)) continue;
    const isEarly = isForLater(other) && other.phase.dueMs > nowMs;
    if (!isEarly) state.saveRun(advanceRun(other, { kind: "canceled", nowMs, reason }));
  }
  settleSlices(state, nowMs);
  const canceledMs = state.inFlight.canceledMs(run.jobId);
  if (canceledMs === null) return null;
  const untilMs = Math.min(canceledMs, nowMs) + state.limits.cancelWaitMs;
  return untilMs > nowMs ? untilMs : null;
}
