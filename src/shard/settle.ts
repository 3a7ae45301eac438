import { plan, type Plan, type PlanInput } from "../core/plan.ts";
import { planDelay } from "../core/plan-delay.ts";
import { runLimit } from "../core/overlap.ts";
import { tickRunId } from "../core/placement.ts";
import type { CompiledJob } from "../core/compiled-job.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { TickEvidence } from "../core/tick.ts";
import { LAG_BUCKETS_MS } from "../ports/shard-client.ts";
import { count } from "./counters.ts";
import { bornRun, type RunBirth } from "./new-run.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Plans a job's ticks from its cursor to now, one bounded step. Pure: nothing is written until `keepPlan`.
 * `missed` replaces the job's own misfire policy, for a resume that names one.
 */
export function planJob(
  state: ShardState,
  job: Job,
  step: {
    readonly cursorMs: number;
    readonly nowMs: number;
    readonly mode: "due" | "settle" | "resume";
    readonly missed?: CompiledJob["misfire"]["policy"] | null;
    /** Runs that an earlier step of the same transaction is about to start. */
    readonly extraLive?: number;
  },
): Plan {
  const compiled = state.compiled(job);
  const misfire = { ...compiled.misfire, policy: step.missed ?? compiled.misfire.policy };
  const live = state.live.activeOf(job.id);
  const limit = runLimit(job.spec);
  const input: PlanInput = {
    schedule: compiled.schedule,
    jobId: job.id,
    jobVersion: job.version,
    cursorMs: step.cursorMs,
    nowMs: step.nowMs,
    misfire,
    startWithinMs: compiled.startWithinMs,
    overlap: job.spec.overlap,
    liveRuns: live + (step.extraLive ?? 0),
    limit,
    bufferedMax: state.limits.bufferedMax,
    blockedBy: live < limit ? null : state.live.oldestOf(job.id),
    pause: job.pause,
    mode: step.mode,
  };
  return job.spec.schedule.kind === "after" ? planDelay(input) : plan(input);
}

/** Stores what a plan decided: runs that wait for now, and ticks that have none. Returns the runs, unsaved. */
export function runsOfPlan(
  state: ShardState,
  job: Job,
  planned: Plan,
  nowMs: number,
): readonly Run[] {
  const first = planned.fires[0];
  const blockedBy = first && tickRunId(job.id, first.nominalMs, state.shard);
  for (const tick of planned.ticks)
    state.saveTick({
      ...tick,
      evidence: withBlocker(tick.evidence, blockedBy),
      jobId: job.id,
      namespace: job.namespace,
      plannedMs: nowMs,
    });
  const compiled = state.compiled(job);
  return planned.fires.map((fire) => {
    count(state.counters.ticks, "fired");
    noteLag(state, fire.lagMs);
    const { order } = compiled;
    const { nextNominalMs, nominalMs } = fire;
    const bounded = compiled.untilNextTick && nextNominalMs !== null;
    return newRun(job, {
      id: tickRunId(job.id, nominalMs, state.shard),
      trigger: { kind: "tick", tickMs: nominalMs },
      nominalMs,
      order: bounded ? { ...order, retry: { ...order.retry, beforeMs: nextNominalMs } } : order,
      dueMs: nowMs,
      nowMs,
      traceparent: null,
    });
  });
}

/** A tick that was in the way of another of the same plan has a run by now: it is the one that is named. */
function withBlocker(evidence: TickEvidence, blockedBy: string | undefined): TickEvidence {
  const isNamed = evidence.live === undefined || evidence.blockedBy !== undefined;
  return isNamed || blockedBy === undefined ? evidence : { ...evidence, blockedBy };
}

export function newRun(job: Job, birth: RunBirth): Run {
  const { id, version, namespace, spec } = job;
  return bornRun({ id, name: spec.name, version, namespace }, birth);
}

function noteLag(state: ShardState, lagMs: number): void {
  const index = LAG_BUCKETS_MS.findIndex((boundMs) => lagMs <= boundMs);
  const bucket = index === -1 ? LAG_BUCKETS_MS.length : index;
  state.counters.lagBuckets[bucket] = (state.counters.lagBuckets[bucket] ?? 0) + 1;
  state.counters.lagSumMs += lagMs;
}
