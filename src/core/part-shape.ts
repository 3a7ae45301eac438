import { durationMs, type DurationText } from "./duration.ts";
import type { RetrySpec } from "./job.ts";
import type { Bounds, Faults } from "./workflow-faults.ts";
import { WORKFLOW_LIMITS, type StepTarget, type TaskSpec } from "./workflow.ts";

const DAY_MS = 86_400_000;

/** How long one attempt may take, in milliseconds: the same as for a job. */
export const TIMEOUT_MS = {
  run: { min: 1_000, max: DAY_MS },
  workflow: { min: 1_000, max: WORKFLOW_LIMITS.timeoutMsMax },
} as const satisfies { readonly [kind: string]: Bounds };

/** The answer of a webhook is waited for on an open connection, and those are not kept for a day. */
const ANSWER_MS_MAX = 3_600_000;
const RETRY = {
  max: { min: 0, max: 50 },
  baseMs: { min: 1, max: DAY_MS },
  delayMs: { min: 1, max: 7 * DAY_MS },
  factor: { min: 1, max: 100 },
} as const;

/** One run of a step, or what undoes it. What it does not say, `step` says. */
export function checkPart(
  task: Pick<TaskSpec, "run" | "timeout" | "retry">,
  {
    step,
    pointer,
  }: { readonly step: { readonly timeout?: DurationText }; readonly pointer: string },
  faults: Faults,
): void {
  checkRetry(task.retry, `${pointer}/retry`, faults);
  faults.checkDuration(`${pointer}/timeout`, task.timeout, TIMEOUT_MS.run);
  const timeout = task.timeout ?? step.timeout;
  if (timeout === undefined || !isWaitedFor(task.run)) return;
  if ((durationMs(timeout) ?? 0) > ANSWER_MS_MAX)
    faults.add(
      task.timeout === undefined ? `${pointer}/run` : `${pointer}/timeout`,
      'More than 1h, which only a webhook with "mode": "async" or an executor may take.',
    );
}

function isWaitedFor(target: StepTarget): boolean {
  return "url" in target && target.mode !== "async";
}

/** How a run tries again; what is left out is as for a job. */
export function checkRetry(
  retry: Partial<RetrySpec> | undefined,
  pointer: string,
  faults: Faults,
): void {
  if (retry?.max !== undefined) faults.checkCount(`${pointer}/max`, retry.max, RETRY.max);
  const backoff = retry?.backoff;
  if (backoff === undefined) return;
  faults.checkDuration(`${pointer}/backoff/base`, backoff.base, RETRY.baseMs);
  faults.checkDuration(`${pointer}/backoff/max`, backoff.max, RETRY.delayMs);
  const { factor } = backoff;
  if (!(factor >= RETRY.factor.min && factor <= RETRY.factor.max))
    faults.add(`${pointer}/backoff/factor`, "Not from 1 to 100.");
}
