import { advanceRun } from "../core/advance-run.ts";
import { isTooLateToRetry } from "../core/fail-attempt.ts";
import type { Job } from "../core/job.ts";
import { admit } from "../core/overlap.ts";
import { isEnded, isForLater, type Run } from "../core/run.ts";
import { isSplit } from "../core/split-run.ts";
import type { Delivery } from "../ports/dispatcher.ts";
import { startAttempt } from "./attempts.ts";
import { chooseRoute } from "./choose-route.ts";
import { unpark } from "./ended-runs.ts";
import { cancelOthers, limitOf, mayStart } from "./run-room.ts";
import { splitRun } from "./sharded-runs.ts";
import type { ShardState } from "./shard-state.ts";

/** One tick of the shard in the making. */
export interface ShardTick {
  readonly state: ShardState;
  readonly nowMs: number;
  readonly deliveries: Delivery[];
  /** Ready runs, and overdue jobs, that may still be looked at. */
  runsLeft: number;
  jobsLeft: number;
  /** Runs were split: their slices are ready. */
  hasSlices: boolean;
}

/** How soon a run is split for which there is no room. */
const SPLIT_AGAIN_MS = 1_000;

/**
 * Ready runs of one priority have their turn: those first that were set aside and may start now, for their
 * turn had come before.
 */
export function startReady(tick: ShardTick, priority: number): void {
  const { state, nowMs } = tick;
  startUnblocked(tick, priority);
  const runs = claimed(state, state.live.readyIds(priority), { nowMs, limit: tick.runsLeft });
  tick.runsLeft -= runs.length;
  for (const run of runs) {
    // Another one may have canceled it.
    if (state.live.get(run.id)?.version === run.version) takeTurn(tick, run);
  }
}

/** Each place that has become free is offered to the first of those that wait for it. */
function startUnblocked(tick: ShardTick, priority: number): void {
  const { state, nowMs } = tick;
  while (tick.runsLeft > 0 && state.slotsFree > 0) {
    const next = state.live.blocked.next(priority);
    if (next === undefined) return;
    tick.runsLeft--;
    for (const run of claimed(state, [next.id], { nowMs, limit: 1 })) takeTurn(tick, run);
  }
}

function takeTurn(tick: ShardTick, run: Run): void {
  const { state, nowMs } = tick;
  if (run.phase.state === "waiting") startFirst(tick, run);
  else if (isTooLateToRetry(run, nowMs)) giveUp(state, run, nowMs);
  else if (state.slotsFree > 0) start(tick, run, true);
}

/** The next attempt of a run, or the slices that it becomes, unless something blocks it. */
export function start(tick: ShardTick, run: Run, isStored: boolean): void {
  const { state, nowMs } = tick;
  if (!isSplit(run)) startOrBlock(tick, run, isStored);
  else if (splitRun(state, run, nowMs)) tick.hasSlices = true;
  else setAside(state, run, nowMs + SPLIT_AGAIN_MS);
}

function startOrBlock({ state, nowMs, deliveries }: ShardTick, run: Run, isStored: boolean): void {
  const chosen = chooseRoute(state, run, nowMs);
  if (chosen.kind === "route") {
    deliveries.push(startAttempt(state, run, chosen, nowMs));
    return;
  }
  if (!isStored) state.saveRun(run);
  state.live.block(run.id, chosen.block, lastTurnMs(state, run));
}

/** When a run that is blocked has its turn at the latest, be it to end; null is never. */
function lastTurnMs(state: ShardState, run: Run): number | null {
  const { phase, order } = run;
  if (phase.state === "waiting") return lastStartMs(state, state.job(run.jobId), run);
  return phase.state === "retrying" && phase.resend === 0 ? order.retry.beforeMs : null;
}

/** It waits for the runs of its job, or until it is looked at again. */
export function setAside(state: ShardState, run: Run, untilMs: number | null): void {
  const lastMs = lastStartMs(state, state.job(run.jobId), run);
  state.live.park(run.id, untilMs === null ? lastMs : Math.min(untilMs, lastMs ?? untilMs));
}

/** Slices start with the run that they came of. Those of another priority have their turn in the next tick. */
export function startSlices(tick: ShardTick, priority: number): void {
  if (!tick.hasSlices) return;
  tick.hasSlices = false;
  tick.state.live.advance(tick.nowMs);
  startReady(tick, priority);
}

/** The first of these runs, at most `limit`. What a clock that stepped back has put off waits again. */
export function claimed(
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

/** Time is over for it. A delivery of an earlier attempt that is still out keeps its slot until it is back. */
export function giveUp(state: ShardState, run: Run, nowMs: number): void {
  const draw = state.random.next();
  state.saveRun(advanceRun(run, { kind: "expired", nowMs, draw }));
}

/** The turn of a run that has not started: it starts, is parked, or ends without an attempt. */
function startFirst(tick: ShardTick, run: Run): void {
  const { state, nowMs } = tick;
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
  if (mayStart(state, job, run)) start(tick, run, true);
  else setAside(state, run, null);
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
