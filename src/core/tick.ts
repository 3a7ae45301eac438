import type { OverlapPolicy } from "./job.ts";

/** Why a nominal tick did not become a run of its own. */
export type TickReason = "overlap" | "paused" | "misfire" | "calendar" | "limit" | "ended";

/**
 * What was known when a tick's fate was decided, so that `explain` can tell it years later. Only what
 * bore on the decision is there.
 */
export interface TickEvidence {
  /** The job's version that the tick belongs to. */
  readonly jobVersion: number;
  readonly misfire?: {
    readonly policy: "skip" | "latest" | "all";
    readonly graceMs: number;
    readonly maxAgeMs: number;
    readonly maxCatchup: number;
  };
  readonly startWithinMs?: number;
  readonly overlap?: OverlapPolicy;
  /** Runs of the job that had not ended, and how many it may have. */
  readonly live?: number;
  readonly limit?: number;
  /** One of those runs: the oldest. */
  readonly blockedBy?: string;
  readonly pause?: {
    readonly sinceMs: number;
    readonly untilMs: number | null;
    readonly reason: string | null;
  };
  readonly calendar?: { readonly name: string; readonly version: number };
}

/**
 * What became of nominal ticks that have no run of their own. A fired tick has none of these: its run
 * is the record. A range stands for `count` ticks from `nominalMs` to `toMs`, both nominal times of the schedule.
 */
export interface Tick {
  readonly jobId: string;
  readonly namespace: string;
  readonly nominalMs: number;
  /** The last nominal time of the range; equal to `nominalMs` for a single tick. */
  readonly toMs: number;
  readonly count: number;
  readonly disposition: "coalesced" | "skipped" | "dropped";
  readonly reason: TickReason | null;
  /** For `coalesced`: the nominal time of the tick that ran for it. */
  readonly intoMs: number | null;
  /** When this was decided. */
  readonly plannedMs: number;
  /** Null for rows of a time when it was not kept. */
  readonly evidence: TickEvidence | null;
}
