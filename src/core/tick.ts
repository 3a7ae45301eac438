/** Why a nominal tick did not become a run of its own. */
export type TickReason = "overlap" | "paused" | "misfire" | "limit" | "ended";

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
}
