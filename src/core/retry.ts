import { assert } from "./assert.ts";
import type { RetryPolicy } from "./run.ts";

/** `Retry-After` and every other wait that a stranger asks for is honoured up to here. */
export const RETRY_AFTER_MS_MAX = 86_400_000;

/**
 * How long to wait before the next attempt when nothing random is drawn: the top of the jitter's band, in
 * whole milliseconds, for a factor need not be whole.
 */
export function retryCeilingMs(policy: RetryPolicy, attempt: number): number {
  assert(attempt >= 1, "attempts are counted from one");
  return Math.round(Math.min(policy.delayMsMax, policy.baseMs * policy.factor ** (attempt - 1)));
}

/**
 * How long to wait after `attempt` failed. Full jitter (Brooker, "Exponential Backoff and Jitter", 2015):
 * anywhere from zero to the ceiling, so that runs which failed together do not come back together. What
 * the target asked for by Retry-After is never cut short, except at a day.
 */
export function retryDelayMs(
  policy: RetryPolicy,
  failure: {
    readonly attempt: number;
    readonly retryAfterMs: number | null;
    /** Drawn from [0, 1). */
    readonly draw: number;
  },
): number {
  const ceilingMs = retryCeilingMs(policy, failure.attempt);
  const delayMs = policy.jitter === "full" ? Math.floor(failure.draw * ceilingMs) : ceilingMs;
  return Math.max(delayMs, Math.min(failure.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX));
}
