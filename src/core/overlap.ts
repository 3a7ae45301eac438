/**
 * How many runs a job may have, and what becomes of one too many. Rules: design of time semantics,
 * section 5. *Live* are the runs whose time has come and that have not ended; *started* are those of
 * them that have had an attempt.
 */
import { unreachable } from "./assert.ts";
import type { JobSpec, OverlapPolicy } from "./job.ts";

export const OVERLAP_LIMITS = {
  /** Runs that may wait beyond those that may have started, where the policy lets more than one wait. */
  bufferedMax: 1_000,
  /** How long a run waits for the deliveries of those that were canceled for it. */
  cancelWaitMs: 10_000,
} as const;

/** How many runs of a job may have started and not ended: without `concurrency` one, or any with `allow`. */
export function runLimit({
  overlap,
  concurrency,
}: Pick<JobSpec, "overlap" | "concurrency">): number {
  return concurrency ?? (overlap === "allow" ? Number.POSITIVE_INFINITY : 1);
}

/**
 * What a policy makes of one more run beside the live ones: a run (which may have to wait), none for the
 * `overlap`, or none because as many wait as may (`full`).
 */
export type Admission = "run" | "overlap" | "full";

export function admit(
  overlap: OverlapPolicy,
  beside: { readonly live: number; readonly limit: number; readonly bufferedMax: number },
): Admission {
  const { live, limit, bufferedMax } = beside;
  switch (overlap) {
    case "skip":
      return live >= limit ? "overlap" : "run";
    case "buffer_one":
      return live >= limit + 1 ? "overlap" : "run";
    case "buffer_all":
    case "allow":
      return live >= limit + bufferedMax ? "full" : "run";
    case "cancel_other":
      return "run";
    default:
      return unreachable(overlap);
  }
}
