import type { Job } from "../core/job.ts";
import type { Plan } from "../core/plan.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * A job of a fixed delay has either a due entry or a live run of a tick: while the run lives, nobody knows
 * when the next tick is.
 */
export function isAwaiting(state: ShardState, job: Job): boolean {
  return job.spec.schedule.kind === "after" && state.live.ticksOf(job.id) > 0;
}

/** The nominal time of the last tick of a job that awaits its run: no due entry is there to say so. */
export function lastFiredMs(state: ShardState, job: Job): number {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const runId of state.live.liveOf(job.id)) {
    const run = state.live.get(runId);
    if (run?.trigger.kind === "tick") lastMs = Math.max(lastMs, run.nominalMs);
  }
  return lastMs;
}

/** The job with the ticks of these plans counted, where it may have only so many of a fixed delay. */
export function counted(job: Job, plans: readonly Plan[]): Job {
  const { schedule } = job.spec;
  if (schedule.kind !== "after" || schedule.ticksMax === null) return job;
  let { ticksDone } = job;
  for (const { fires, ticks } of plans) ticksDone += fires.length + ticks.length;
  return ticksDone === job.ticksDone ? job : { ...job, ticksDone };
}
