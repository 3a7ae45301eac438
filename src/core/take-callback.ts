import { endCanceled } from "./cancel-run.ts";
import { closeAttempt, endRun } from "./close-run.ts";
import { afterFailure, canRepeat } from "./fail-attempt.ts";
import type { CalledBack } from "./run-event.ts";
import { isOut, isResending, type Run, type RunError } from "./run.ts";

const FAILED: RunError = { message: "The executor reported a failure.", code: null };
const STOPPED: RunError = {
  message: "The executor stopped the run though nobody had asked it to.",
  code: "stopped",
};

/**
 * What a callback makes of its run. It may overtake its own 202, or come while the same attempt waits to be
 * sent again. A run that is to stop ends as canceled by any callback but a success, which was faster.
 */
export function takeCallback(run: Run, event: CalledBack): Run {
  const { phase } = run;
  if (!(isOut(phase) || isResending(phase)) || phase.attempt !== event.attempt) return run;
  const { nowMs, digest, status } = event;
  const closing = { answeredMs: nowMs, callbackDigest: digest };
  if (status === "succeeded")
    return endRun(closeAttempt(run, { ...closing, outcome: "succeeded" }), "succeeded", {
      endedMs: nowMs,
      result: event.result,
      resultTruncated: event.resultTruncated,
    });
  if (run.cancelRequestedMs !== null)
    return endCanceled(closeAttempt(run, { ...closing, outcome: "canceled" }), nowMs);
  const error = event.error ?? (status === "canceled" ? STOPPED : FAILED);
  return afterFailure(closeAttempt(run, { ...closing, outcome: "failed", error }), "failed", {
    ...event,
    error,
    retryAfterMs: null,
    mayRetry: event.retry && canRepeat(run),
  });
}
