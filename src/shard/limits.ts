import { OVERLAP_LIMITS } from "../core/overlap.ts";

/** Every bound of one shard, in one place; the host may set them otherwise. */
export interface ShardLimits {
  /** Deliveries out at once. */
  readonly slots: number;
  /** Job ticks planned in one transaction. */
  readonly claimMax: number;
  /** How far ahead the wheel reads the due table. */
  readonly horizonMs: number;
  /** Due entries that the wheel holds. */
  readonly nearMax: number;
  /** Runs that have not ended; beyond, run-now is refused and ticks wait. */
  readonly liveRunsMax: number;
  /** Rows not yet in the records; beyond, intake is refused and ticks wait. */
  readonly outboxMax: number;
  /** Rows in one batch to the records. */
  readonly flushRowsMax: number;
  /** Runs kept in memory with their bodies. */
  readonly runCacheMax: number;
  /** Jobs kept in memory, compiled. */
  readonly jobCacheMax: number;
  /** How long the first answer to an idempotency key is kept. */
  readonly idempotencyMs: number;
  /** Planning steps that one command may take to settle a job's backlog before it is told to wait. */
  readonly settleStepsMax: number;
  /** Jobs that may use one calendar: a newer copy of it plans them all anew in one transaction. */
  readonly calendarJobsMax: number;
  /** Runs of one job that wait beyond those that may have started, where its policy lets more than one wait. */
  readonly bufferedMax: number;
  /** How long a run waits for the deliveries of those that were canceled for it. */
  readonly cancelWaitMs: number;
  /** Deliveries out at once to one host. */
  readonly hostConcurrency: number;
  /** Workflow runs that have not ended; beyond, new ones are refused. */
  readonly liveWorkflowRunsMax: number;
  /** Steps of all of these together. */
  readonly liveStepsMax: number;
  /** Steps of the workflow runs that are in memory as machines; others are read again when they are needed. */
  readonly machineStepsMax: number;
  /** Steps of the definitions that are kept compiled. */
  readonly planStepsMax: number;
  /** Commands to other shards that have not been answered; beyond, intake is refused. */
  readonly errandsMax: number;
  /** Of these, sent at once. */
  readonly errandsOutMax: number;
  /** Characters of an output as JSON that the view of a whole workflow run shows. */
  readonly viewOutputCharsMax: number;
}

export const SHARD_LIMITS: ShardLimits = {
  slots: 512,
  claimMax: 256,
  horizonMs: 60_000,
  nearMax: 50_000,
  liveRunsMax: 100_000,
  outboxMax: 100_000,
  flushRowsMax: 500,
  runCacheMax: 4_000,
  jobCacheMax: 10_000,
  idempotencyMs: 86_400_000,
  settleStepsMax: 20,
  calendarJobsMax: 10_000,
  bufferedMax: OVERLAP_LIMITS.bufferedMax,
  cancelWaitMs: OVERLAP_LIMITS.cancelWaitMs,
  hostConcurrency: 384,
  liveWorkflowRunsMax: 10_000,
  liveStepsMax: 1_000_000,
  machineStepsMax: 30_000,
  planStepsMax: 30_000,
  errandsMax: 10_000,
  errandsOutMax: 32,
  viewOutputCharsMax: 1_024,
};
