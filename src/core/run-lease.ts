import { assert } from "./assert.ts";
import { patchAttempt } from "./close-run.ts";
import type { Extended } from "./run-event.ts";
import { isOut, isResending, RUN_LIMITS, type Phase, type Run } from "./run.ts";

/**
 * The executor's word that an attempt goes on: its lease begins anew, up to a bound that counts from the
 * attempt's send. It may come before the 202, whose lease it then is, or while nobody knew whether the
 * attempt had arrived. A run that is to stop has its progress noted and gets no more time.
 */
export function extendLease(run: Run, event: Extended): Run {
  const { phase } = run;
  if (!(isOut(phase) || isResending(phase)) || phase.attempt !== event.attempt) return run;
  const last = run.attempts.at(-1);
  assert(last !== undefined, "what is out has been sent");
  const boundMs = last.sentMs + RUN_LIMITS.leaseMsMax;
  const dueMs =
    run.cancelRequestedMs === null
      ? Math.min(event.nowMs + run.order.timeoutMs, boundMs)
      : phase.dueMs;
  const isKnown = last.outcome === "accepted";
  const accepted = isKnown
    ? run
    : patchAttempt(run, { outcome: "accepted", answeredMs: null, error: null });
  const { attempt } = phase;
  return {
    ...accepted,
    version: run.version + 1,
    progress: progressOf(run, event),
    phase: { state: "running", attempt, send: sendOf(phase), dueMs },
  };
}

function sendOf(phase: Extract<Phase, { readonly dueMs: number }>): number {
  if ("send" in phase) return phase.send;
  assert(phase.state === "retrying", "what has an attempt has been sent");
  return phase.resend;
}

function progressOf(run: Run, { progress, nowMs }: Extended): Run["progress"] {
  if (progress === null) return run.progress;
  const { percent, message } = progress;
  assert(percent === null || (percent >= 0 && percent <= 100), "a percentage is 0 to 100");
  return { percent, message, atMs: nowMs };
}

/**
 * When a run that is out must be due at the latest, for a clock that stepped back: nobody is waited for
 * longer than if the attempt were sent, or the lease begun, right now.
 */
export function latestDueMs(run: Run, nowMs: number): number {
  if (run.cancelRequestedMs !== null) return nowMs + RUN_LIMITS.cancelGraceMs;
  if (run.tally !== null) return nowMs + RUN_LIMITS.leaseMsMax;
  const graceMs = run.phase.state === "dispatching" ? RUN_LIMITS.dispatchGraceMs : 0;
  return nowMs + run.order.timeoutMs + graceMs;
}
