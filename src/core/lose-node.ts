import { cancelByForce } from "./cancel-run.ts";
import { closeAttempt } from "./close-run.ts";
import { afterFailure, canRepeat, unknownOutcome } from "./fail-attempt.ts";
import type { NodeLost } from "./run-event.ts";
import { isOut, type Run, type RunError } from "./run.ts";

const NODE_LOST: RunError = {
  message: "The node that had the attempt went silent and counts as offline.",
  code: "node_lost",
};

/**
 * The node of the newest attempt is gone. What its job says becomes of that: it is sent again like after any
 * answer that stays unknown, it has failed, or its lease decides. A run that is to stop is stopped by it.
 */
export function loseNode(run: Run, event: NodeLost): Run {
  const { target } = run.order;
  if (!isOut(run.phase) || target.kind !== "executor") return run;
  if (run.cancelRequestedMs !== null) return cancelByForce(run, event.nowMs);
  if (target.onNodeLost === "wait") return run;
  const error = NODE_LOST;
  if (target.onNodeLost === "resend") return unknownOutcome(run, { ...event, error, delayMs: 0 });
  const failed = closeAttempt(run, { outcome: "failed", answeredMs: event.nowMs, error });
  const mayRetry = canRepeat(run);
  return afterFailure(failed, "failed", { ...event, error, retryAfterMs: null, mayRetry });
}
