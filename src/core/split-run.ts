/**
 * A sharded run makes no delivery: when its turn comes it becomes slices, which are runs of their own, and is
 * `running` until what they came to decides its success rule. Its attempts are only those at which it could
 * not be split. How its slices stand is kept with it and never counted again, for they leave the shard.
 */
import { assert } from "./assert.ts";
import { endCanceled } from "./cancel-run.ts";
import { endRun } from "./close-run.ts";
import { afterFailure } from "./fail-attempt.ts";
import type { SlicesEnded, Unsplit } from "./run-event.ts";
import { decide } from "./sharding.ts";
import { RUN_LIMITS, type Attempt, type Run, type RunError, type RunTally } from "./run.ts";
import { closeTally, countSlice, endedOf, newTally, resultOf } from "./slice-tally.ts";

/** Whether its next start makes slices instead of a delivery. */
export function isSplit(run: Run): boolean {
  return run.order.sharding !== null && run.tally === null;
}

function mayStart({ phase }: Run, nowMs: number): boolean {
  return (phase.state === "waiting" || phase.state === "retrying") && nowMs >= phase.dueMs;
}

/** It has become `total` slices. Its due time is a backstop only: its slices end by themselves. */
export function split(
  run: Run,
  { nowMs, total }: { readonly nowMs: number; readonly total: number },
): Run {
  if (!isSplit(run) || !mayStart(run, nowMs)) return run;
  assert(total > 0, "a split run has slices");
  const { attempt } = run.phase;
  return {
    ...run,
    version: run.version + 1,
    startedMs: run.startedMs ?? nowMs,
    tally: newTally(total),
    progress: { percent: 0, message: null, atMs: nowMs },
    phase: { state: "running", attempt, send: 0, dueMs: nowMs + RUN_LIMITS.leaseMsMax },
  };
}

/** Nothing was there to share the work: an attempt that failed before a byte had left. */
export function unsplit(run: Run, event: Unsplit): Run {
  if (!isSplit(run) || !mayStart(run, event.nowMs)) return run;
  const { nowMs, error } = event;
  const attempt = run.phase.attempt + 1;
  const failed: Attempt = {
    attempt,
    send: 1,
    node: null,
    sentMs: nowMs,
    answeredMs: nowMs,
    outcome: "failed",
    status: null,
    error,
    phases: null,
    callbackDigest: null,
    late: false,
  };
  const tried: Run = {
    ...run,
    version: run.version + 1,
    startedMs: run.startedMs ?? nowMs,
    attempts: [...run.attempts, failed].slice(-RUN_LIMITS.attemptsKeptMax),
    phase: { state: "retrying", attempt, resend: 0, dueMs: nowMs },
  };
  return afterFailure(tried, "failed", { ...event, retryAfterMs: null, mayRetry: true });
}

/** Slices have ended. Enough successes end the run at once; a failure waits for the last of them. */
export function slicesEnded(run: Run, { nowMs, ends }: SlicesEnded): Run {
  if (run.phase.state !== "running" || run.tally === null || ends.length === 0) return run;
  let { tally } = run;
  for (const end of ends) tally = countSlice(tally, end);
  assert(endedOf(tally) <= tally.total, "each slice ends once");
  const percent = Math.floor((100 * endedOf(tally)) / tally.total);
  const progress = { percent, message: null, atMs: nowMs };
  return settled({ ...run, version: run.version + 1, tally, progress }, tally, nowMs);
}

/** The backstop: slices that live have more time, and one that is not there any more has failed. */
export function overdue(
  run: Run,
  { nowMs, liveSlices }: { readonly nowMs: number; readonly liveSlices: number },
): Run {
  const { phase, tally } = run;
  if (phase.state !== "running" || tally === null || nowMs < phase.dueMs) return run;
  const next: Run = { ...run, version: run.version + 1 };
  if (run.cancelRequestedMs !== null) return endCanceled(next, nowMs);
  if (liveSlices > 0) return { ...next, phase: { ...phase, dueMs: nowMs + RUN_LIMITS.leaseMsMax } };
  const closed = { ...tally, failed: tally.failed + tally.total - endedOf(tally) };
  return settled({ ...next, tally: closed }, closed, nowMs);
}

function settled(run: Run, tally: RunTally, nowMs: number): Run {
  const { sharding } = run.order;
  assert(sharding !== null, "a run with slices was told how to make them");
  const decided = decide(sharding.success, tally);
  if (decided === "succeeded") {
    const closed = closeTally(tally);
    const result = resultOf(closed);
    return endRun({ ...run, tally: closed }, "succeeded", { endedMs: nowMs, result });
  }
  if (endedOf(tally) < tally.total) return run;
  if (run.cancelRequestedMs !== null) return endCanceled(run, nowMs);
  const error = failureOf(tally);
  return endRun(run, "failed", { endedMs: nowMs, error, result: resultOf(tally) });
}

function failureOf({ total, succeeded, failed, canceled }: RunTally): RunError {
  const missed = canceled === 0 ? `${failed} failed` : `${failed} failed, ${canceled} canceled`;
  const message = `${succeeded} of ${total} shards succeeded (${missed}): too few.`;
  return { message, code: "shards.failed" };
}
