import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { ExecutorRow } from "./executor-storage.ts";
import type { StepView } from "./workflow-commands.ts";

/** Whole rows as they are after a commit, for whoever watches. Newer versions replace older ones. */
export interface LiveRows {
  readonly jobs: readonly Job[];
  readonly deletedJobs: readonly {
    readonly id: string;
    readonly namespace: string;
    readonly name: string;
  }[];
  readonly runs: readonly Run[];
  readonly workflowRuns: readonly WorkflowRun[];
  /** Also of steps that run and have no stored row. Tasks and items are only counted. */
  readonly steps: readonly StepView[];
  readonly executors: readonly ExecutorRow[];
  /** False when rows that came before these may never be told. */
  readonly isWhole: boolean;
}

/**
 * Where a shard or a keeper tells what it has committed. Nobody waits for it, and nothing hangs on it: who
 * watches and misses something is told to begin anew. Telling costs nothing while nobody watches.
 */
export interface LiveFeed {
  /** Whether anybody watches this namespace. */
  isWatched(namespace: string): boolean;
  /** Rows of one namespace, in the order of their commits. */
  publish(namespace: string, rows: LiveRows): void;
}
