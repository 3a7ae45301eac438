/**
 * The state machine of a run, as one pure function.
 *
 * A run waits; it is started (its intent stored) and so dispatching; the answer ends it, sends it into a
 * lease (running), or fails the attempt. A failed attempt is followed by a wait (retrying) and the next
 * one, until the policy is used up. When nobody can know whether the target got an attempt (a crash, a
 * cut connection), the same attempt is sent once more under the same number; at-most-once runs are lost
 * instead. Events that belong to another attempt, or come after the end, return the very same object.
 */
import type { Answer } from "./answer.ts";
import { assert, unreachable } from "./assert.ts";
import type { Json } from "./json.ts";
import { closeAttempt, endRun, patchAttempt } from "./close-run.ts";
import {
  afterFailure,
  canRepeat,
  giveUp,
  isTooLateToRetry,
  unknownOutcome,
} from "./fail-attempt.ts";
import type { Attempt, Run, RunError } from "./run.ts";
import { isEnded, RUN_LIMITS } from "./run.ts";

export type RunEvent =
  | { readonly kind: "started"; readonly nowMs: number; readonly node: string | null }
  | {
      readonly kind: "answered";
      readonly nowMs: number;
      readonly attempt: number;
      readonly send: number;
      readonly answer: Answer;
      readonly status: number | null;
      readonly phases: { readonly [phase: string]: number } | null;
      readonly draw: number;
    }
  | {
      readonly kind: "called_back";
      readonly nowMs: number;
      readonly attempt: number;
      readonly status: "succeeded" | "failed" | "canceled";
      readonly result: Json;
      readonly resultTruncated: boolean;
      readonly error: RunError | null;
      readonly retry: boolean;
      readonly digest: string;
      readonly draw: number;
    }
  /** Its due time has come: a deadline or a lease ended, or no time is left for a retry. */
  | { readonly kind: "expired"; readonly nowMs: number; readonly draw: number }
  /** After a crash nobody carries its delivery any more. */
  | { readonly kind: "orphaned"; readonly nowMs: number; readonly draw: number }
  | { readonly kind: "canceled"; readonly nowMs: number; readonly reason: string | null }
  /** Others were canceled for it, and their deliveries are out: it starts at `untilMs` at the latest. */
  | { readonly kind: "held"; readonly untilMs: number }
  /** The last of those deliveries has come back. */
  | { readonly kind: "released"; readonly nowMs: number };

/** The run after the event; the same object when the event is stale or changes nothing. */
export function advanceRun(run: Run, event: RunEvent): Run {
  if (isEnded(run.phase)) return afterEnd(run, event);
  switch (event.kind) {
    case "started":
      return start(run, event);
    case "answered":
      return answered(run, event);
    case "called_back":
      return calledBack(run, event);
    case "expired":
      return expired(run, event);
    case "orphaned":
      return orphaned(run, event);
    case "canceled":
      return endRun(closeAttempt(run, { outcome: "canceled", answeredMs: null }), "canceled", {
        endedMs: event.nowMs,
        cancelReason: event.reason,
      });
    case "held":
      return startAt(run, event.untilMs);
    case "released":
      return released(run, event.nowMs);
    default:
      return unreachable(event);
  }
}

const ORPHANED: RunError = {
  message: "The scheduler stopped before the answer came.",
  code: "orphaned",
};
const TIMED_OUT: RunError = { message: "No answer came within the timeout.", code: "timed_out" };
const LEASE_LOST: RunError = {
  message: "The executor accepted the run and did not call back before its lease ended.",
  code: "lease_lost",
};
const SILENT: RunError = { message: "The delivery's carrier never reported.", code: "silent" };

type Started = Extract<RunEvent, { readonly kind: "started" }>;
type AnsweredEvent = Extract<RunEvent, { readonly kind: "answered" }>;
type CalledBack = Extract<RunEvent, { readonly kind: "called_back" }>;
type Expired = Extract<RunEvent, { readonly kind: "expired" }>;

function afterEnd(run: Run, event: RunEvent): Run {
  return event.kind === "answered" ? noteLate(run, event) : run;
}

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
  const isResend = phase.state === "retrying" && phase.resend > 0;
  const attempt = isResend ? phase.attempt : phase.attempt + 1;
  const send = isResend ? phase.resend + 1 : 1;
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

function answered(run: Run, event: AnsweredEvent): Run {
  const { phase } = run;
  // Only the attempt in flight may be answered. A 202 that was overtaken by its own callback finds
  // the run ended or between attempts, and changes nothing.
  if (!isOut(phase) || phase.attempt !== event.attempt) return run;
  const { answer } = event;
  switch (answer.kind) {
    case "succeeded":
      return endRun(closeAttempt(run, { ...closingOf(event), outcome: "succeeded" }), "succeeded", {
        endedMs: event.nowMs,
        result: answer.result,
        resultTruncated: answer.truncated,
      });
    case "failed":
      return answeredFailed(run, event, answer);
    case "accepted":
    case "timed_out":
    case "unknown":
      // These are of one sending only; the answer to an older one leaves the newer alone.
      return phase.state === "dispatching" && phase.send === event.send
        ? unsettled(run, event, answer)
        : run;
    default:
      return unreachable(answer);
  }
}

function answeredFailed(
  run: Run,
  event: AnsweredEvent,
  answer: Extract<Answer, { readonly kind: "failed" }>,
): Run {
  const { error } = answer;
  const failed = closeAttempt(run, { ...closingOf(event), outcome: "failed", error });
  // At most once: after a byte may have arrived, no second send of any kind.
  const mayRetry = answer.retry && (canRepeat(run) || !answer.delivered);
  return afterFailure(failed, "failed", { ...event, ...answer, mayRetry });
}

/** An answer after which nobody knows yet, or ever, what the target did. */
function unsettled(
  run: Run,
  event: AnsweredEvent,
  answer: Extract<Answer, { readonly kind: "accepted" | "timed_out" | "unknown" }>,
): Run {
  if (answer.kind === "accepted") return accept(run, event);
  if (answer.kind === "unknown")
    return unknownOutcome(run, { ...event, error: answer.error, delayMs: null });
  const error = TIMED_OUT;
  const failed = closeAttempt(run, { ...closingOf(event), outcome: "timed_out", error });
  const mayRetry = canRepeat(run);
  return afterFailure(failed, "timed_out", { ...event, error, retryAfterMs: null, mayRetry });
}

function closingOf(event: AnsweredEvent): Pick<Attempt, "answeredMs" | "status" | "phases"> {
  return { answeredMs: event.nowMs, status: event.status, phases: event.phases };
}

function accept(run: Run, event: AnsweredEvent): Run {
  const { phase } = run;
  assert(phase.state === "dispatching", "only what is out can be accepted");
  const { attempt, send } = phase;
  const noted = patchAttempt(run, { outcome: "accepted", status: event.status });
  return {
    ...noted,
    version: run.version + 1,
    phase: { state: "running", attempt, send, dueMs: event.nowMs + run.order.timeoutMs },
  };
}

function calledBack(run: Run, event: CalledBack): Run {
  const { phase } = run;
  // A callback may overtake its own 202, or come while the same attempt waits to be re-sent.
  const isResending = phase.state === "retrying" && phase.resend > 0;
  if (!(isOut(phase) || isResending) || phase.attempt !== event.attempt) return run;
  const closing = { answeredMs: event.nowMs, callbackDigest: event.digest };
  if (event.status === "succeeded") {
    return endRun(closeAttempt(run, { ...closing, outcome: "succeeded" }), "succeeded", {
      endedMs: event.nowMs,
      result: event.result,
      resultTruncated: event.resultTruncated,
    });
  }
  const error = event.error ?? { message: "The executor reported a failure.", code: null };
  return afterFailure(closeAttempt(run, { ...closing, outcome: "failed", error }), "failed", {
    ...event,
    error,
    retryAfterMs: null,
    mayRetry: event.retry && canRepeat(run),
  });
}

function expired(run: Run, event: Expired): Run {
  const { phase } = run;
  if (isEnded(phase) || event.nowMs < phase.dueMs) return run;
  if (phase.state === "dispatching")
    return unknownOutcome(run, { ...event, error: SILENT, delayMs: 0 });
  if (isTooLateToRetry(run, event.nowMs)) return giveUp(run, event.nowMs);
  if (phase.state !== "running") return run;
  const failed = closeAttempt(run, {
    outcome: "timed_out",
    answeredMs: event.nowMs,
    error: LEASE_LOST,
  });
  return afterFailure(failed, "timed_out", {
    ...event,
    error: LEASE_LOST,
    retryAfterMs: null,
    mayRetry: canRepeat(run),
  });
}

function isOut(phase: Run["phase"]): boolean {
  return phase.state === "dispatching" || phase.state === "running";
}

/** What comes after the end is written beside the attempt it belongs to; the state stays. */
function noteLate(run: Run, event: AnsweredEvent): Run {
  const last = run.attempts.at(-1);
  const isOfLast = last?.attempt === event.attempt && last.send === event.send;
  if (!isOfLast || last.late || last.status !== null || run.phase.state !== "canceled") return run;
  const late = { answeredMs: event.nowMs, status: event.status, phases: event.phases, late: true };
  return { ...patchAttempt(run, late), version: run.version + 1 };
}
