import { advanceRun } from "../core/advance-run.ts";
import { runLimit } from "../core/overlap.ts";
import { isEnded, type Run } from "../core/run.ts";
import { settleBackfills } from "./backfills.ts";
import { isAwaiting } from "./delay.ts";
import { changed, placeDue } from "./job-state.ts";
import { settleWorkflows } from "./settle-workflows.ts";
import { settleSlices } from "./sharded-runs.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Everything that the end of a run sets off, in the transaction that ended it: parked runs of its job may
 * start, a fixed delay begins, a backfill, a sharded run or a workflow run takes note of it, and a run that
 * waited for canceled deliveries is released when the last of them is back. Called before the commit; calling
 * it again finds nothing.
 */
export function settleEnded(state: ShardState, nowMs: number): void {
  settleWorkflows(state, nowMs);
  settleSlices(state, nowMs);
  settleBackfills(state, nowMs);
  for (const jobId of state.inFlight.takeCleared()) releaseHeld(state, jobId, nowMs);
  if (state.ended.length === 0) return;
  const ended = state.ended.splice(0);
  for (const run of ended) unpark(state, run);
  for (const [jobId, endedMs] of tickEnds(ended)) beginDelay(state, jobId, { endedMs, nowMs });
}

/** When the last tick's run of each job ended; a clock that steps back ends none before its nominal time. */
function tickEnds(ended: readonly Run[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { jobId, trigger, phase, nominalMs } of ended)
    if (trigger.kind === "tick" && isEnded(phase))
      ends.set(jobId, Math.max(ends.get(jobId) ?? nominalMs, phase.endedMs, nominalMs));
  return ends;
}

function releaseHeld(state: ShardState, jobId: string, nowMs: number): void {
  const runId = state.live.heldOf(jobId);
  const held = runId === null ? undefined : state.live.get(runId);
  if (held === undefined || isEnded(held.phase)) return;
  const released = advanceRun(held, { kind: "released", nowMs });
  if (released !== held) state.saveRun(released);
}

/** As many of the job's parked runs are ready again as may start; each is weighed anew when its turn comes. */
export function unpark(state: ShardState, { jobId }: Run): void {
  if (state.live.parkedOf(jobId) === 0) return;
  const job = state.job(jobId);
  const limit = job === undefined ? Number.POSITIVE_INFINITY : runLimit(job.spec);
  state.live.release(jobId, limit - state.live.startedOf(jobId));
}

/** The last run of a tick has ended: the fixed delay of its job begins. A paused job remembers when that was. */
function beginDelay(
  state: ShardState,
  jobId: string,
  { endedMs, nowMs }: { readonly endedMs: number; readonly nowMs: number },
): void {
  const job = state.job(jobId);
  if (job === undefined || job.spec.schedule.kind !== "after" || isAwaiting(state, job)) return;
  // A clock that stepped back takes no tick to before the last change of the job, either.
  const cursorMs = Math.max(endedMs, job.updatedMs);
  if (job.pause !== null) {
    state.saveJob({ ...changed(job, nowMs), pause: { ...job.pause, cursorMs } });
    return;
  }
  if (job.state !== "active") return;
  const placed = placeDue(state, job, { cursorMs, from: undefined, nowMs });
  if (placed.state === "ended") state.saveJob(changed(placed, nowMs));
}
