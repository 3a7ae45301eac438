/**
 * The state machine of a run, as one pure function.
 *
 * A run waits; it is started (its intent stored) and so dispatching; the answer ends it, sends it into a
 * lease (running), or fails the attempt. A failed attempt is followed by a wait (retrying) and the next
 * one, until the policy is used up. When nobody can know whether the target got an attempt (a crash, a
 * cut connection), the same attempt is sent once more under the same number; at-most-once runs are lost
 * instead. Events that belong to another attempt, or come after the end, return the very same object.
 */
import { assert, unreachable } from "./assert.ts";
import { cancelByForce, cancelNow, confirmCancel, requestCancel } from "./cancel-run.ts";
import { closeAttempt } from "./close-run.ts";
import {
  afterFailure,
  canRepeat,
  giveUp,
  isTooLateToRetry,
  unknownOutcome,
} from "./fail-attempt.ts";
import { loseNode } from "./lose-node.ts";
import type { Expired, RunEvent, Started } from "./run-event.ts";
import { extendLease } from "./run-lease.ts";
import { isEnded, isResending, RUN_LIMITS, type Attempt, type Run, type RunError } from "./run.ts";
import { isSplit, overdue, slicesEnded, split, unsplit } from "./split-run.ts";
import { noteLate, takeAnswer } from "./take-answer.ts";
import { takeCallback } from "./take-callback.ts";

/** The run after the event; the same object when the event is stale or changes nothing. */
export function advanceRun(run: Run, event: RunEvent): Run {
  if (isEnded(run.phase)) return event.kind === "answered" ? noteLate(run, event) : run;
  if (!isOfAttempt(event)) return advanceBetween(run, event);
  // A split run has slices, and only they have attempts.
  return run.tally === null ? advanceAttempt(run, event) : run;
}

function advanceAttempt(run: Run, event: AttemptEvent): Run {
  switch (event.kind) {
    case "started":
      return start(run, event);
    case "answered":
      return takeAnswer(run, event);
    case "called_back":
      return takeCallback(run, event);
    case "extended":
      return extendLease(run, event);
    case "expired":
      return expired(run, event);
    case "orphaned":
      return orphaned(run, event);
    case "node_lost":
      return loseNode(run, event);
    default:
      return unreachable(event);
  }
}

/** The events that are not about an attempt: a cancel, a wait, or slices. */
function advanceBetween(run: Run, event: Exclude<RunEvent, AttemptEvent>): Run {
  switch (event.kind) {
    case "canceled":
      return cancelNow(run, event);
    case "cancel_requested":
      return requestCancel(run, event);
    case "cancel_confirmed":
      return confirmCancel(run, event);
    case "held":
      return startAt(run, event.untilMs);
    case "released":
      return released(run, event.nowMs);
    case "split":
      return split(run, event);
    case "unsplit":
      return unsplit(run, event);
    case "slices_ended":
      return slicesEnded(run, event);
    case "overdue":
      return overdue(run, event);
    default:
      return unreachable(event);
  }
}

const OF_ATTEMPT = [
  "started",
  "answered",
  "called_back",
  "extended",
  "expired",
  "orphaned",
  "node_lost",
] as const;
const OF_ATTEMPTS: ReadonlySet<string> = new Set(OF_ATTEMPT);

type AttemptEvent = Extract<RunEvent, { readonly kind: (typeof OF_ATTEMPT)[number] }>;

function isOfAttempt(event: RunEvent): event is AttemptEvent {
  return OF_ATTEMPTS.has(event.kind);
}

const ORPHANED: RunError = {
  message: "The scheduler stopped before the answer came.",
  code: "orphaned",
};
const LEASE_LOST: RunError = {
  message: "The executor accepted the run and did not call back before its lease ended.",
  code: "lease_lost",
};
const SILENT: RunError = { message: "The delivery's carrier never reported.", code: "silent" };

function orphaned(run: Run, event: Extract<RunEvent, { readonly kind: "orphaned" }>): Run {
  return run.phase.state === "dispatching"
    ? unknownOutcome(run, { ...event, error: ORPHANED, delayMs: 0 })
    : run;
}

/** Only a run that has not started can be put off or brought forward. */
function startAt(run: Run, dueMs: number): Run {
  if (run.phase.state !== "waiting") return run;
  return { ...run, version: run.version + 1, phase: { ...run.phase, dueMs } };
}

/** A run is held from its nominal time on, and a clock that stepped back since must not start it before that. */
function released(run: Run, nowMs: number): Run {
  const dueMs = Math.max(nowMs, run.nominalMs);
  return "dueMs" in run.phase && run.phase.dueMs > dueMs ? startAt(run, dueMs) : run;
}

function start(run: Run, event: Started): Run {
  const { phase } = run;
  if (phase.state !== "waiting" && phase.state !== "retrying") return run;
  if (event.nowMs < phase.dueMs) return run;
  assert(!isSplit(run), "a sharded run makes no delivery of its own");
  const attempt = isResending(phase) ? phase.attempt : phase.attempt + 1;
  const send = isResending(phase) ? phase.resend + 1 : 1;
  assert(attempt <= run.order.retry.attemptsMax, "no attempt starts beyond the policy");
  assert(send <= RUN_LIMITS.sendsPerAttemptMax, "an attempt is re-sent once");
  const opened: Attempt = {
    attempt,
    send,
    node: event.node,
    sentMs: event.nowMs,
    answeredMs: null,
    outcome: "in_flight",
    status: null,
    error: null,
    phases: null,
    callbackDigest: null,
    late: false,
  };
  return {
    ...run,
    version: run.version + 1,
    startedMs: run.startedMs ?? event.nowMs,
    attempts: [...run.attempts, opened].slice(-RUN_LIMITS.attemptsKeptMax),
    phase: {
      state: "dispatching",
      attempt,
      send,
      dueMs: event.nowMs + run.order.timeoutMs + RUN_LIMITS.dispatchGraceMs,
    },
  };
}

function expired(run: Run, event: Expired): Run {
  const { phase } = run;
  const { nowMs } = event;
  if (isEnded(phase) || nowMs < phase.dueMs) return run;
  if (phase.state === "dispatching")
    return unknownOutcome(run, { ...event, error: SILENT, delayMs: 0 });
  if (isTooLateToRetry(run, nowMs)) return giveUp(run, nowMs);
  if (phase.state !== "running") return run;
  if (run.cancelRequestedMs !== null) return cancelByForce(run, nowMs);
  const error = LEASE_LOST;
  const failed = closeAttempt(run, { outcome: "timed_out", answeredMs: nowMs, error });
  const mayRetry = canRepeat(run);
  return afterFailure(failed, "timed_out", { ...event, error, retryAfterMs: null, mayRetry });
}
