/**
 * How a run is canceled. One that an executor has accepted, or that waits for a workflow run, is asked to stop:
 * it ends when the other says that it has, or by force at the end of a grace. Every other ends at once.
 */
import { closeAttempt, endRun } from "./close-run.ts";
import { RUN_LIMITS, type Run } from "./run.ts";
import { closeTally, resultOf } from "./slice-tally.ts";

/** It ends now. What a split run's slices do not say any more counts as canceled, for they end with it. */
export function cancelNow(
  run: Run,
  { nowMs, reason }: { readonly nowMs: number; readonly reason: string | null },
): Run {
  const closed = closeAttempt(run, { outcome: "canceled", answeredMs: null });
  return endCanceled({ ...closed, cancelReason: reason }, nowMs);
}

/** The end of a run whose attempt is closed already. */
export function endCanceled(run: Run, endedMs: number): Run {
  if (run.tally === null) return endRun(run, "canceled", { endedMs });
  const tally = closeTally(run.tally);
  return endRun({ ...run, tally }, "canceled", { endedMs, result: resultOf(tally) });
}

/** Whether its end waits for somebody else: the executor that accepted it, its slices, or a workflow run. */
function stopsInTime({ phase, order }: Run): boolean {
  return phase.state === "running" && order.target.kind !== "webhook";
}

export function requestCancel(
  run: Run,
  event: { readonly nowMs: number; readonly reason: string | null },
): Run {
  const { phase } = run;
  if (phase.state !== "running" || !stopsInTime(run)) return cancelNow(run, event);
  if (run.cancelRequestedMs !== null) return run;
  const dueMs = Math.min(phase.dueMs, event.nowMs + RUN_LIMITS.cancelGraceMs);
  return {
    ...run,
    version: run.version + 1,
    cancelRequestedMs: event.nowMs,
    cancelReason: event.reason,
    phase: { ...phase, dueMs },
  };
}

/** The node has stopped the attempt, or does not know it any more. */
export function confirmCancel(
  run: Run,
  { nowMs, attempt }: { readonly nowMs: number; readonly attempt: number },
): Run {
  const isAsked = run.phase.state === "running" && run.cancelRequestedMs !== null;
  if (!isAsked || run.phase.attempt !== attempt) return run;
  return endCanceled(closeAttempt(run, { outcome: "canceled", answeredMs: nowMs }), nowMs);
}

/** The end of the grace, or the loss of the node that was asked: it is over without a word. */
export function cancelByForce(run: Run, nowMs: number): Run {
  return cancelNow(run, { nowMs, reason: run.cancelReason });
}
