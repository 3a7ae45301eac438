import type { Backfill } from "../core/backfill.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";
import type { CommandInput } from "./shard-client.ts";

/**
 * The next tick of an active job. `dueMs` is when to act (nominal time plus jitter, or the end of a
 * pause); `cursorMs` is the last accounted nominal time, or of a fixed delay the end of the last run, from
 * which the next ticks are computed. A backfill has such an entry too, under its own id.
 */
export interface DueEntry {
  readonly dueMs: number;
  readonly jobId: string;
  readonly cursorMs: number;
  /** That of the job: of overdue entries, higher ones go first. */
  readonly priority: number;
}

/** A change of a job that the records have not confirmed yet; `null` says that the job was deleted. */
export interface JobOutboxEntry {
  readonly jobId: string;
  readonly version: number;
  readonly tombstone: { readonly namespace: string; readonly name: string } | null;
}

/** A command's first answer, kept so that its repetition gets the same. */
export interface IdempotencyEntry {
  readonly key: string;
  readonly bodyHash: string;
  /** The answer as JSON text; empty while the key is only claimed for a command on another shard. */
  readonly reply: string;
  readonly expiresMs: number;
}

/** A shard's own copy of what the registry says of an executor or a namespace; the higher version wins. */
export interface DirectoryCopy {
  /** `executor:<namespace>:<appKey>`, `namespace:<name>` or `calendar:<namespace>:<name>`. */
  readonly key: string;
  readonly version: number;
  readonly body: string;
}

/**
 * What one shard remembers across restarts. Every method is synchronous, so a shard changes its state
 * without ever yielding between a read and a write. A write is kept when the outermost `transaction`
 * returns, and none of its writes is kept when it throws.
 *
 * On Durable Objects each row and index entry written costs money; the numbers behind the methods
 * that write count rows written for one entry.
 */
export interface ShardStorage extends WorkflowStorage {
  /** Runs `work` so that either all its writes are kept or none is. Not nestable. */
  transaction<T>(work: () => T): T;

  getMeta(key: string): string | undefined;
  /** (1) */
  putMeta(key: string, value: string): void;

  /** Inserts or replaces by id. A job keeps its namespace and name. (1; 2 for a new job; 1 more with a calendar) */
  putJob(job: Job): void;
  getJob(jobId: string): Job | undefined;
  getJobByName(namespace: string, name: string): Job | undefined;
  /** The jobs that exist among these ids, in any order. */
  getJobs(jobIds: readonly string[]): readonly Job[];
  /** (1) */
  deleteJob(jobId: string): void;
  countJobs(): number;
  /** The ids, in order, of the jobs whose schedule names this calendar of their namespace. */
  jobsOfCalendar(namespace: string, name: string): readonly string[];

  /** Adds an entry; a job has at most one. (1) */
  insertDue(entry: DueEntry): void;
  /** Replaces the entry at `(fromMs, entry.jobId)`. (1) */
  moveDue(fromMs: number, entry: DueEntry): void;
  /** (1) */
  deleteDue(dueMs: number, jobId: string): void;
  dueAt(dueMs: number, jobId: string): DueEntry | undefined;
  /** Finds a job's entry without knowing its time: reads the whole table. */
  scanDue(jobId: string): DueEntry | undefined;
  /**
   * Entries with `afterMs <= dueMs < beforeMs` that sort after `after`, in the order of `(dueMs, jobId)`.
   */
  dueBetween(range: {
    readonly fromMs: number;
    readonly beforeMs: number;
    readonly after: { readonly dueMs: number; readonly jobId: string } | null;
    readonly limit: number;
  }): readonly DueEntry[];
  /** When the next entry is due; undefined when there is none. */
  earliestDueMs(): number | undefined;
  countDue(): number;

  /**
   * Inserts or replaces by id. A run keeps for life what it was told to do and where it came from: only
   * its phase, attempts, outcome and version change. (1, or a share of a row for one of many)
   */
  putRun(run: Run): void;
  getRun(runId: string): Run | undefined;
  getRuns(runIds: readonly string[]): readonly Run[];
  /** (1) */
  deleteRun(runId: string): void;
  /** Every stored run, page by page in the order of ids: live ones, and ended ones not yet in the records. */
  runsAfter(afterId: string, limit: number): readonly Run[];

  /** Inserts or replaces by `(jobId, nominalMs)`. (1) */
  putTick(tick: Tick): void;
  /** Stored ticks in the order of `(jobId, nominalMs)`; of one job when it is named. */
  ticksAfter(after: {
    readonly jobId: string;
    readonly nominalMs: number;
    readonly onlyThisJob: boolean;
    readonly limit: number;
  }): readonly Tick[];
  /** (1) */
  deleteTick(jobId: string, nominalMs: number): void;

  /** Inserts or replaces by job id. (1) */
  putJobOutbox(entry: JobOutboxEntry): void;
  /** In the order of job ids. */
  jobOutboxAfter(afterJobId: string, limit: number): readonly JobOutboxEntry[];
  getJobOutbox(jobId: string): JobOutboxEntry | undefined;
  /** Deletes the entry unless a newer version has replaced it. (1) */
  deleteJobOutbox(jobId: string, version: number): void;
  countJobOutbox(): number;

  /** Inserts or replaces by key. (2: the expiry is indexed) */
  putIdempotency(entry: IdempotencyEntry): void;
  getIdempotency(key: string): IdempotencyEntry | undefined;
  /** Deletes at most `limit` entries with `expiresMs <= nowMs`; returns how many. (1) */
  purgeIdempotency(nowMs: number, limit: number): number;

  /** Inserts or replaces by key, whatever the versions. (1) */
  putCopy(copy: DirectoryCopy): void;
  getCopy(key: string): DirectoryCopy | undefined;
  copies(): readonly DirectoryCopy[];
  /** (1) */
  deleteCopy(key: string): void;

  /** Inserts or replaces by id; it keeps its job. (1; 2 for a new one) */
  putBackfill(backfill: Backfill): void;
  getBackfill(backfillId: string): Backfill | undefined;
  /** In the order of ids, which is that of their creation. */
  backfillsOfJob(jobId: string): readonly Backfill[];
  /** (1) */
  deleteBackfill(backfillId: string): void;
}

/**
 * What a shard remembers of workflows. A row costs one more for each 600,000 characters beyond the first. Pages
 * of these rows hold fewer than `limit` where rows are long: only an empty page is the end.
 */
export interface WorkflowStorage {
  /**
   * Adds a version, which never changes; the newest is what the workflow is. Version 1 takes the name, which no
   * other workflow of the namespace may have; a workflow keeps it. (1; 2 for version 1)
   */
  putWorkflow(workflow: Workflow): void;
  /** Brings back a version for a run that is pinned to it: the workflow stays what it is, or deleted. (1) */
  restoreWorkflowVersion(workflow: Workflow): void;
  /** The newest version; undefined when there is none, or the workflow was deleted. */
  getWorkflow(workflowId: string): Workflow | undefined;
  getWorkflowByName(namespace: string, name: string): Workflow | undefined;
  /** Also of a workflow that was deleted. */
  getWorkflowVersion(workflowId: string, version: number): Workflow | undefined;
  /** Newest first, those before a version; 0 begins with the newest. */
  workflowVersions(workflowId: string, beforeVersion: number, limit: number): readonly Workflow[];
  /** The newest versions of all workflows that exist, page by page in the order of ids. */
  workflowsAfter(afterId: string, limit: number): readonly Workflow[];
  /** Its name is free; versions stay until they are deleted. (1) */
  deleteWorkflow(workflowId: string): void;
  /** The newest version of a workflow that exists is never deleted. (1) */
  deleteWorkflowVersion(workflowId: string, version: number): void;

  /** Inserts or replaces by id. (1) */
  putWorkflowRun(run: WorkflowRun): void;
  getWorkflowRun(workflowRunId: string): WorkflowRun | undefined;
  /** Every stored one, page by page in the order of ids. */
  workflowRunsAfter(afterId: string, limit: number): readonly WorkflowRun[];
  /**
   * Deletes the run's own row with its events, and at most `stepsMax` of its steps; returns how many steps. Call
   * it again until that is less than `stepsMax`: then nothing of the run is left. (1 for each row)
   */
  deleteWorkflowRun(workflowRunId: string, stepsMax: number): number;

  /** Inserts or replaces by `(workflowRun, step, part)`. (1) */
  putStep(row: StepRow): void;
  getStep(workflowRunId: string, step: number, part: number): StepRow | undefined;
  /** Rows of one workflow run that sort after the given place, in the order of `(step, part)`. */
  stepsAfter(
    workflowRunId: string,
    after: { readonly step: number; readonly part: number },
    limit: number,
  ): readonly StepRow[];
  /**
   * Where the rows of all workflow runs are, in the order of `(workflowRun, step, part)`. A run whose own row is
   * gone is one whose deletion did not come to its end.
   */
  stepPlacesAfter(after: StepPlace, limit: number): readonly StepPlace[];

  /** Adds an event by `(workflowRun, seq)`. (1) */
  putWorkflowEvent(event: WorkflowEvent): void;
  /** Oldest first; as many as are kept. */
  workflowEvents(workflowRunId: string): readonly WorkflowEvent[];
  /** (1) */
  deleteWorkflowEvent(workflowRunId: string, seq: number): void;

  /** A change of a workflow that the records do not have yet; inserts or replaces by both keys. (1) */
  putWorkflowOutbox(entry: WorkflowOutboxEntry): void;
  /** In the order of `(workflowId, version)`. */
  workflowOutboxAfter(
    after: { readonly workflowId: string; readonly version: number },
    limit: number,
  ): readonly WorkflowOutboxEntry[];
  /** (1) */
  deleteWorkflowOutbox(workflowId: string, version: number): void;

  /** Inserts or replaces by id. (1) */
  putErrand(errand: Errand): void;
  getErrand(errandId: string): Errand | undefined;
  /** Page by page in the order of ids. */
  errandsAfter(afterId: string, limit: number): readonly Errand[];
  /** (1) */
  deleteErrand(errandId: string): void;
}

/** The key of a step's row. */
export interface StepPlace {
  readonly workflowRun: string;
  readonly step: number;
  readonly part: number;
}

/** A version of a workflow, or with a tombstone its end, that the records have not confirmed. */
export interface WorkflowOutboxEntry {
  readonly workflowId: string;
  readonly version: number;
  readonly tombstone: { readonly namespace: string; readonly name: string } | null;
}

/**
 * A command that this shard owes another one, or itself: kept until it was answered, so that a crash loses none.
 * It may be sent more than once, so only commands whose repetition changes nothing are errands.
 */
export type Errand = { readonly id: string; readonly createdMs: number } & (
  | {
      readonly kind: "run.callback";
      /** That of the run. */
      readonly shard: number;
      readonly input: CommandInput<"run.callback">;
    }
  /** It goes to the shard of the workflow that it names. */
  | { readonly kind: "workflow-run.stop"; readonly input: CommandInput<"workflow-run.stop"> }
);

/**
 * The little SQL that both engines speak: Durable Object SQLite and `node:sqlite`. One statement, `?`
 * parameters, all rows at once. Numbers are doubles, so keep them below 2^53.
 */
export interface Sql {
  all(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[];
  run(sql: string, ...params: readonly SqlValue[]): void;
  transaction<T>(work: () => T): T;
}

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;
