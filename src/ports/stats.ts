import type { RunState } from "../core/run.ts";

/** Whose figures are asked for. */
export interface StatsScope {
  readonly namespace: string;
  /** Only jobs that name one of these executors, and only these executors; null is all. */
  readonly executors: readonly string[] | null;
}

/** Jobs and ended runs by their state. Counting stops at a bound, and the figure stays there. */
export interface StatsCounts {
  readonly jobsActive: number;
  readonly jobsPaused: number;
  readonly succeeded: number;
  /** Failed, timed out and lost. */
  readonly failed: number;
}

/** A job whose newest ended run has failed, timed out or was lost. */
export interface FailingJob {
  readonly id: string;
  readonly name: string;
  /** The run that failed last, when it came to be, and what it said. */
  readonly run: string;
  readonly atMs: number;
  readonly message: string;
  /** Failures since the last success, and when the first of them came to be. */
  readonly count: number;
  readonly sinceMs: number;
}

/** Runs of one workflow that failed and that no rerun has made good. */
export interface FailedWorkflow {
  readonly name: string;
  /** The workflow run that failed last. */
  readonly run: string;
  readonly count: number;
  /** When the first of them failed. */
  readonly sinceMs: number;
  readonly message: string;
}

/** An executor with nodes, none of which gets deliveries. */
export interface DownExecutor {
  readonly appKey: string;
  readonly name: string;
  readonly nodes: number;
  /** When the last of them changed. */
  readonly sinceMs: number;
}

/** A step that waits for somebody's word. */
export interface WaitingApproval {
  readonly workflowRun: string;
  readonly workflow: string;
  readonly step: string;
  readonly sinceMs: number;
}

/** A run, or a workflow run, that is under way. */
export interface RunUnderWay {
  readonly kind: "run" | "workflow_run";
  readonly id: string;
  /** Of the job or the workflow. */
  readonly name: string;
  readonly startedMs: number | null;
  readonly progress: { readonly percent: number | null; readonly message: string | null } | null;
  /** How long the last ones that succeeded took, in the middle; null when none has. */
  readonly expectedMs: number | null;
}

/** What the first page of the dashboard takes from the records. */
export interface Overview {
  readonly counts: StatsCounts;
  readonly failingJobs: readonly FailingJob[];
  readonly failedWorkflows: readonly FailedWorkflow[];
  readonly downExecutors: readonly DownExecutor[];
  readonly approvals: readonly WaitingApproval[];
  /** The oldest first. */
  readonly running: readonly RunUnderWay[];
}

/** Ended runs of one bucket of time, by their state. */
export interface CountedRuns {
  readonly atMs: number;
  readonly state: RunState;
  readonly count: number;
}

/** A run as the strip of a job's last runs shows it. */
export interface StripRun {
  readonly id: string;
  readonly state: RunState;
  readonly createdMs: number;
  readonly durationMs: number | null;
  /** The beginning of what it said. */
  readonly error: string | null;
}

/** The last runs of a job. */
export interface JobRuns {
  readonly id: string;
  readonly name: string;
  /** Newest first, at most `STATS_LIMITS.jobRunsMax`. */
  readonly runs: readonly StripRun[];
  /** The newest of these that has not ended. */
  readonly active: { readonly id: string; readonly startedMs: number | null } | null;
}

/** Bounds of what the figures look at. */
export const STATS_LIMITS = {
  /** Jobs of a state, counted one by one. */
  jobsCountedMax: 100_000,
  /** How far back a job's last failure may lie to be told. */
  failingSpanMs: 7 * 86_400_000,
  /** Different jobs that have ever failed. */
  failedNamesMax: 10_000,
  /** Of these, the ones that failed last are asked whether they still do. */
  candidatesMax: 500,
  /** Runs of one job that are looked at for its newest ended one, or for those that succeeded. */
  runsOfJobMax: 200,
  /** How long ago a workflow run that is told may have failed. */
  workflowSpanMs: 86_400_000,
  /** Failed workflow runs of each state that are looked at, and reruns. */
  workflowRunsMax: 200,
  executorsMax: 500,
  /** Workflow runs under way that are asked for approvals. */
  approvalRunsMax: 500,
  /** Runs under way that are looked at where only those of some executors count. */
  liveRunsMax: 2_000,
  /** Of each list of the overview. */
  itemsMax: 50,
  /** Successes of which the middle duration is taken. */
  expectedOfMax: 20,
  /** Of a workflow run with more steps it is not told how far it is. */
  stepsCountedMax: 1_000,
  /** A body with more characters is not opened for a figure. */
  bodyCharsMax: 65_536,
  messageCharsMax: 500,
  errorCharsMax: 200,
  jobsMax: 100,
  jobRunsMax: 40,
} as const;

/**
 * Figures over the history. All of these throw `Refusal("records.unavailable")` when the records cannot be
 * reached. Each is a bounded number of bounded statements, since nothing else of a host runs meanwhile.
 */
export interface Stats {
  overview(scope: StatsScope, nowMs: number): Promise<Overview>;
  /**
   * Ended runs since an instant by buckets of an hour or a day (UTC), by when they came to be. Buckets without
   * a run are left out.
   */
  runsOverTime(query: {
    readonly namespace: string;
    readonly fromMs: number;
    readonly bucketMs: number;
  }): Promise<readonly CountedRuns[]>;
  /** By id or name; unknown ones are left out, and so are those of other executors. At most `jobsMax`. */
  jobRuns(scope: StatsScope, jobs: readonly string[]): Promise<readonly JobRuns[]>;
}
