/**
 * What follows an attempt that failed, or of which nobody knows: another wait and attempt, the same attempt
 * once more, or an end.
 */
import { assert } from "./assert.ts";
import { closeAttempt, endRun } from "./close-run.ts";
import { retryDelayMs } from "./retry.ts";
import { isOut, RUN_LIMITS, type EndedState, type Run, type RunError } from "./run.ts";

/** Whether a second send of any kind is allowed once a byte may have arrived. */
export function canRepeat(run: Run): boolean {
  return run.order.delivery === "at_least_once";
}

/** Whether its next attempt could only begin at or after the instant that bounds its retries. */
export function isTooLateToRetry({ phase, order }: Run, nowMs: number): boolean {
  const { beforeMs } = order.retry;
  const isBetweenAttempts = phase.state === "retrying" && phase.resend === 0;
  return isBetweenAttempts && beforeMs !== null && nowMs >= beforeMs;
}

/** Ends as its last attempt did. */
export function giveUp(run: Run, nowMs: number): Run {
  const outcome = run.attempts.at(-1)?.outcome;
  const endedAs = outcome === "timed_out" || outcome === "lost" ? outcome : "failed";
  return endRun({ ...run, version: run.version + 1 }, endedAs, { endedMs: nowMs });
}

/** Nobody knows whether the target got it: the same attempt once more, or lost. `delayMs` null draws a backoff. */
export function unknownOutcome(
  run: Run,
  event: {
    readonly nowMs: number;
    readonly draw: number;
    readonly error: RunError;
    readonly delayMs: number | null;
  },
): Run {
  const { phase } = run;
  assert(isOut(phase), "only what is out can be lost");
  const { nowMs, error, draw } = event;
  const closed = closeAttempt(run, { outcome: "lost", answeredMs: nowMs, error });
  if (!canRepeat(run)) return endRun(closed, "lost", { endedMs: nowMs, error });
  if (phase.send < RUN_LIMITS.sendsPerAttemptMax) {
    const { attempt, send } = phase;
    const delayMs =
      event.delayMs ?? retryDelayMs(run.order.retry, { attempt, retryAfterMs: null, draw });
    return {
      ...closed,
      error,
      phase: { state: "retrying", attempt, resend: send, dueMs: nowMs + delayMs },
    };
  }
  return afterFailure(closed, "lost", { nowMs, error, retryAfterMs: null, draw, mayRetry: true });
}

/** The next attempt after its wait, or the end in which the run stays. */
export function afterFailure(
  run: Run,
  endedAs: Extract<EndedState, "failed" | "timed_out" | "lost">,
  failure: {
    readonly nowMs: number;
    readonly error: RunError;
    readonly retryAfterMs: number | null;
    readonly draw: number;
    readonly mayRetry: boolean;
  },
): Run {
  const { retry } = run.order;
  const { nowMs, error } = failure;
  const { attempt } = run.phase;
  if (failure.mayRetry && attempt < retry.attemptsMax) {
    const dueMs = nowMs + retryDelayMs(retry, { ...failure, attempt });
    if (retry.beforeMs === null || dueMs < retry.beforeMs)
      return { ...run, error, phase: { state: "retrying", attempt, resend: 0, dueMs } };
  }
  return endRun(run, endedAs, { endedMs: nowMs, error });
}
