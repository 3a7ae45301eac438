import type { Answer } from "./answer.ts";
import { assert, unreachable } from "./assert.ts";
import { closeAttempt, endRun, patchAttempt } from "./close-run.ts";
import { endCanceled } from "./cancel-run.ts";
import { afterFailure, canRepeat, unknownOutcome } from "./fail-attempt.ts";
import type { AnsweredEvent } from "./run-event.ts";
import { isOut, type Attempt, type Run, type RunError } from "./run.ts";

const TIMED_OUT: RunError = { message: "No answer came within the timeout.", code: "timed_out" };

/** What the answer to a delivery makes of its run. */
export function takeAnswer(run: Run, event: AnsweredEvent): Run {
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
      // These are of one sending only; the answer to an older one leaves the newer alone, and a run
      // whose executor has spoken for itself meanwhile is not out any more.
      return phase.state === "dispatching" && phase.send === event.send
        ? unsettled(run, event, answer)
        : run;
    default:
      return unreachable(answer);
  }
}

/** What comes after the end is written beside the attempt it belongs to; the state stays. */
export function noteLate(run: Run, event: AnsweredEvent): Run {
  const last = run.attempts.at(-1);
  const isOfLast = last?.attempt === event.attempt && last.send === event.send;
  if (!isOfLast || last.late || last.status !== null || run.phase.state !== "canceled") return run;
  const late: Partial<Attempt> = { ...closingOf(event), late: true };
  return { ...patchAttempt(run, late), version: run.version + 1 };
}

function answeredFailed(
  run: Run,
  event: AnsweredEvent,
  answer: Extract<Answer, { readonly kind: "failed" }>,
): Run {
  const { error } = answer;
  // A sending of which no byte left says nothing of the one that came after it.
  if (!answer.delivered && isOut(run.phase) && run.phase.send !== event.send) return run;
  const failed = closeAttempt(run, { ...closingOf(event), outcome: "failed", error });
  if (run.cancelRequestedMs !== null) return endCanceled(failed, event.nowMs);
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
  const named = patchAttempt(run, nodeOf(event));
  if (answer.kind === "unknown")
    return unknownOutcome(named, { ...event, error: answer.error, delayMs: null });
  const error = TIMED_OUT;
  const failed = closeAttempt(named, { ...closingOf(event), outcome: "timed_out", error });
  const mayRetry = canRepeat(run);
  return afterFailure(failed, "timed_out", { ...event, error, retryAfterMs: null, mayRetry });
}

function accept(run: Run, event: AnsweredEvent): Run {
  const { phase } = run;
  assert(phase.state === "dispatching", "only what is out can be accepted");
  const { attempt, send } = phase;
  const { status } = event;
  const noted = patchAttempt(run, { outcome: "accepted", status, ...nodeOf(event) });
  return {
    ...noted,
    version: run.version + 1,
    phase: { state: "running", attempt, send, dueMs: event.nowMs + run.order.timeoutMs },
  };
}

function closingOf({ nowMs, status, phases, node }: AnsweredEvent): Partial<Attempt> {
  const closing = { answeredMs: nowMs, status, phases };
  return node === null ? closing : { ...closing, node };
}

/** Another node may have answered than the one that was chosen. */
function nodeOf({ node }: AnsweredEvent): Partial<Attempt> {
  return node === null ? {} : { node };
}
