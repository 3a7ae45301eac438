import type { Job } from "../core/job.ts";
import type { Run, RunState, Trigger } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { StepRow, WorkflowPhase, WorkflowRun, WorkflowTrigger } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";

/** A job that was deleted, as the records need to know it. */
export interface JobTombstone {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: number;
}

/** Whole rows with versions. Repeating a batch or sending batches out of order is harmless. */
export interface RecordsBatch {
  readonly jobs: readonly Job[];
  readonly deletedJobs: readonly JobTombstone[];
  readonly runs: readonly Run[];
  readonly ticks: readonly Tick[];
  /** Each a version of its own. */
  readonly workflows: readonly Workflow[];
  readonly deletedWorkflows: readonly JobTombstone[];
  readonly workflowRuns: readonly WorkflowRun[];
  readonly steps: readonly StepRow[];
}

/** What a shard does to the records. */
export interface RecordsWriter {
  /**
   * Upserts each row unless a newer one is there. False when the records could not be reached: nothing
   * is known of what was kept.
   */
  write(batch: RecordsBatch): Promise<boolean>;
}

export interface WorkflowsQuery extends PageQuery {
  readonly namespace: string;
  readonly tag: string | null;
  /** Part of the name or the description. */
  readonly q: string | null;
}

export interface WorkflowRunsQuery extends PageQuery {
  readonly namespace: string;
  /** Id or name. */
  readonly workflow: string | null;
  readonly states: readonly WorkflowPhase["state"][];
  readonly trigger: WorkflowTrigger["kind"] | null;
  /** Bounds of the creation: `fromMs <= t < toMs`. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly order: "newest" | "oldest";
}

export interface StepsQuery extends PageQuery {
  readonly workflowRun: string;
  /** Only the tasks or items of this step; null gives the steps themselves, `all` these and those. */
  readonly step: number | "all" | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Hand it back to go on; null at the end. Opaque to the caller. */
  readonly nextCursor: string | null;
}

export interface PageQuery {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface JobsQuery extends PageQuery {
  readonly namespace: string;
  readonly state: Job["state"] | null;
  readonly executor: string | null;
  /** Only jobs of these executors. */
  readonly executors?: readonly string[];
  readonly tag: string | null;
  /** Part of the name or the description. */
  readonly q: string | null;
}

export interface RunsQuery extends PageQuery {
  readonly namespace: string;
  /** Id or name. */
  readonly job: string | null;
  readonly states: readonly RunState[];
  /** Slices of sharded runs are left out unless this is `shard` or `parent` is given. */
  readonly trigger: Trigger["kind"] | null;
  /** The sharded run whose slices they are. */
  readonly parent: string | null;
  /** The id of the backfill that made them. */
  readonly backfill: string | null;
  readonly node: string | null;
  /** Bounds of the nominal time: `fromMs <= t < toMs`. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly slowerThanMs: number | null;
  /** The id or the name of a workflow whose steps they are. */
  readonly workflow: string | null;
  /** The id of the workflow run whose steps they are. */
  readonly workflowRun: string | null;
  /** Only runs of jobs that name one of these executors now. */
  readonly executors?: readonly string[];
  /** Part of the job's name, of the error or the id. */
  readonly q: string | null;
  /** Only runs that ended failed, timed out or lost and that no other run retries. */
  readonly isDeadLetter: boolean;
  readonly order: "newest" | "oldest";
}

export interface SlicesQuery extends PageQuery {
  readonly namespace: string;
  /** The id of the sharded run. */
  readonly parent: string;
  readonly states: readonly RunState[];
}

/** A line of a job's tick ledger: a run stands for a fired tick. */
export type LedgerEntry =
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "tick"; readonly tick: Tick };

export interface LedgerQuery extends PageQuery {
  readonly namespace: string;
  readonly jobId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What the API reads of the shards' history. All of these throw `Refusal("records.unavailable")` when the
 * records cannot be reached, and `Refusal("cursor.invalid")` for a cursor that is not theirs.
 */
export interface RecordsReader {
  /** By name. Deleted jobs are left out. */
  jobs(query: JobsQuery): Promise<Page<Job>>;
  /** In their order of (createdMs, id). */
  runs(query: RunsQuery): Promise<Page<Run>>;
  /** The slices of a sharded run, by their index. */
  slices(query: SlicesQuery): Promise<Page<Run>>;
  /** The newest versions, by name. Deleted ones are left out. */
  workflows(query: WorkflowsQuery): Promise<Page<Workflow>>;
  /** A version, also of a workflow that was deleted. */
  workflowVersion(workflowId: string, version: number): Promise<Workflow | null>;
  /** In their order of (createdMs, id). */
  workflowRuns(query: WorkflowRunsQuery): Promise<Page<WorkflowRun>>;
  workflowRun(namespace: string, workflowRunId: string): Promise<WorkflowRun | null>;
  /** Rows of one workflow run, by their place. */
  steps(query: StepsQuery): Promise<Page<StepRow>>;
  /** The row of one step itself; null when there is none. */
  step(workflowRunId: string, step: number): Promise<StepRow | null>;
  /** How many tasks or items have ended, by the place of their step; steps without any are left out. */
  partsEnded(workflowRunId: string): Promise<ReadonlyMap<number, number>>;
  /** Null for the namespace finds a run by its id alone: a callback token has proved who asks. */
  run(namespace: string | null, runId: string): Promise<Run | null>;
  /** Oldest first, by nominal time: fired ticks and the others together. */
  ledger(query: LedgerQuery): Promise<Page<LedgerEntry>>;
  /** How many jobs that are not deleted name this executor; at most `limit` are counted. */
  countJobsOfExecutor(namespace: string, appKey: string, limit: number): Promise<number>;
  /** Whether a trivial query succeeds; never throws. */
  isReachable(): Promise<boolean>;
}
