import type { InStatement, ResultSet, Row } from "@libsql/client";
import { sql } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import { streakOf } from "../core/attention.ts";
import { quantile } from "../core/quantile.ts";
import type { RunState } from "../core/run.ts";
import {
  STATS_LIMITS,
  type CountedRuns,
  type FailedWorkflow,
  type FailingJob,
  type JobRuns,
  type Overview,
  type RunUnderWay,
  type Stats,
  type StatsCounts,
  type StatsScope,
} from "../ports/stats.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { reach } from "./libsql-failure.ts";
import { runCounts } from "./people-schema.ts";
import { readJobRuns, runsOfJobs } from "./stats-job-runs.ts";
import { numberIn, numberOrNullIn, textIn, textOrNullIn } from "./stats-row.ts";
import {
  approvals,
  countEnded,
  countJobs,
  downExecutors,
  endedSteps,
  expectedOfJobs,
  expectedOfWorkflows,
  failedWorkflowRuns,
  failingJobs,
  liveRuns,
  liveWorkflowRuns,
  streaks,
} from "./stats-statements.ts";

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** A run that is out for less is over before anybody has looked. */
const MOMENT_MS = 1_000;

/** The figures over the records in libSQL. */
export class LibsqlStats implements Stats {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async overview(scope: StatsScope, nowMs: number): Promise<Overview> {
    const hourMs = nowMs - (nowMs % HOUR_MS);
    // Somebody who is limited to executors sees nothing of workflows, which belong to none.
    const isLimited = scope.executors !== null;
    const [jobs, ended, failing, executors, runs, failedWorkflows, waiting, workflowRuns] =
      await this.#ask([
        countJobs(scope),
        countEnded(scope, hourMs - (DAY_HOURS - 1) * HOUR_MS),
        failingJobs(scope, nowMs - STATS_LIMITS.failingSpanMs),
        downExecutors(scope),
        liveRuns(scope, nowMs - MOMENT_MS),
        ...(isLimited
          ? []
          : [failedWorkflowRuns(scope, nowMs), approvals(scope), liveWorkflowRuns(scope)]),
      ]);
    const found = { failing: rowsOf(failing), runs: rowsOf(runs), flows: rowsOf(workflowRuns) };
    const details = await this.#details(found);
    return {
      counts: countsOf(rowsOf(jobs), rowsOf(ended)),
      failingJobs: found.failing.map((row) => failingJobOf(row, details.streaks)),
      failedWorkflows: byWorkflow(rowsOf(failedWorkflows)),
      downExecutors: rowsOf(executors).map((row) => ({
        appKey: textIn(row, "app_key"),
        name: textOrNullIn(row, "name") ?? textIn(row, "app_key"),
        nodes: numberIn(row, "nodes"),
        sinceMs: numberOrNullIn(row, "since_ms") ?? nowMs,
      })),
      approvals: rowsOf(waiting).map((row) => ({
        workflowRun: textIn(row, "id"),
        workflow: textIn(row, "name"),
        step: textOrNullIn(row, "step") ?? "",
        sinceMs: numberIn(row, "since_ms"),
      })),
      running: oldestFirst([
        ...found.runs.map((row) => runUnderWayOf(row, details.jobs)),
        ...found.flows.map((row) => workflowRunUnderWayOf(row, details)),
      ]),
    };
  }

  async runsOverTime(query: {
    readonly namespace: string;
    readonly fromMs: number;
    readonly bucketMs: number;
  }): Promise<readonly CountedRuns[]> {
    const { namespace, fromMs, bucketMs } = query;
    const { hourMs, state, count } = runCounts;
    const atMs = sql<number>`${hourMs} - ${hourMs} % ${bucketMs}`;
    return reach(
      this.#database
        .select({
          atMs: atMs.as("at_ms"),
          state: sql<RunState>`${state}`,
          count: sql<number>`sum(${count})`,
        })
        .from(runCounts)
        .where(sql`${runCounts.namespace} = ${namespace} and ${hourMs} >= ${fromMs}`)
        .groupBy(sql`at_ms`, state),
    );
  }

  async jobRuns(scope: StatsScope, jobs: readonly string[]): Promise<readonly JobRuns[]> {
    assert(jobs.length <= STATS_LIMITS.jobsMax, "one call is about at most 100 jobs");
    const [found] = await this.#ask([runsOfJobs(scope, jobs)]);
    return rowsOf(found).map(readJobRuns);
  }

  /** What is asked about those that were found: only about them. */
  async #details(found: {
    readonly failing: readonly Row[];
    readonly runs: readonly Row[];
    readonly flows: readonly Row[];
  }): Promise<{
    readonly streaks: ReadonlyMap<string, string>;
    readonly jobs: ReadonlyMap<string, string>;
    readonly workflows: ReadonlyMap<string, string>;
    readonly ended: ReadonlyMap<string, number>;
  }> {
    const failing = found.failing.map((row) => textIn(row, "id"));
    const jobs = [...new Set(found.runs.map((row) => textIn(row, "job_id")))];
    const workflows = [...new Set(found.flows.map((row) => textIn(row, "workflow_id")))];
    if (failing.length + jobs.length + workflows.length === 0)
      return { streaks: new Map(), jobs: new Map(), workflows: new Map(), ended: new Map() };
    const [one, two, three, four] = await this.#ask([
      streaks(failing),
      expectedOfJobs(jobs),
      expectedOfWorkflows(workflows),
      endedSteps(found.flows.map((row) => textIn(row, "id"))),
    ]);
    return {
      streaks: byId(rowsOf(one), "runs"),
      jobs: byId(rowsOf(two), "durations"),
      workflows: byId(rowsOf(three), "durations"),
      ended: new Map(rowsOf(four).map((row) => [textIn(row, "id"), numberIn(row, "ended")])),
    };
  }

  /** Goes below drizzle: these statements are written by hand. */
  async #ask(statements: readonly InStatement[]): Promise<readonly ResultSet[]> {
    return reach(this.#database.$client.batch([...statements], "deferred"));
  }
}

function rowsOf(result: ResultSet | undefined): readonly Row[] {
  return result?.rows ?? [];
}

function byId(rows: readonly Row[], column: string): ReadonlyMap<string, string> {
  return new Map(rows.map((row) => [textIn(row, "id"), textIn(row, column)]));
}

function countsOf(jobs: readonly Row[], ended: readonly Row[]): StatsCounts {
  const [row] = jobs;
  assert(row !== undefined, "a count is one row");
  const sum = (...states: readonly string[]): number =>
    ended
      .filter((one) => states.includes(textIn(one, "state")))
      .reduce((total, one) => total + numberIn(one, "count"), 0);
  return {
    jobsActive: numberIn(row, "active"),
    jobsPaused: numberIn(row, "paused"),
    succeeded: sum("succeeded"),
    failed: sum("failed", "timed_out", "lost"),
  };
}

function failingJobOf(row: Row, streakTexts: ReadonlyMap<string, string>): FailingJob {
  const id = textIn(row, "id");
  const atMs = numberIn(row, "at_ms");
  // Made by the statement of the streaks: pairs of a run's state and its time.
  const runs: readonly (readonly [RunState, number])[] = JSON.parse(streakTexts.get(id) ?? "[]");
  const streak = streakOf(runs.map(([state, createdMs]) => ({ state, createdMs })));
  return {
    id,
    name: textIn(row, "name"),
    run: textIn(row, "run"),
    atMs,
    message: textOrNullIn(row, "message") ?? "",
    count: streak?.count ?? 1,
    sinceMs: streak?.sinceMs ?? atMs,
  };
}

/** The rows come newest first. */
function byWorkflow(rows: readonly Row[]): readonly FailedWorkflow[] {
  const workflows = new Map<string, FailedWorkflow>();
  for (const row of rows) {
    const name = textIn(row, "name");
    const newest = workflows.get(name);
    const sinceMs = numberIn(row, "at_ms");
    const run = newest?.run ?? textIn(row, "id");
    const message = newest?.message ?? textOrNullIn(row, "message") ?? "";
    workflows.set(name, { name, run, message, sinceMs, count: (newest?.count ?? 0) + 1 });
  }
  return [...workflows.values()].slice(0, STATS_LIMITS.itemsMax);
}

function runUnderWayOf(row: Row, durations: ReadonlyMap<string, string>): RunUnderWay {
  const percent = numberOrNullIn(row, "percent");
  const message = textOrNullIn(row, "message");
  return {
    kind: "run",
    id: textIn(row, "id"),
    name: textIn(row, "job_name"),
    startedMs: numberOrNullIn(row, "started_ms"),
    progress: percent === null && message === null ? null : { percent, message },
    expectedMs: medianOf(durations.get(textIn(row, "job_id"))),
  };
}

/** Its progress is the share of its steps that have ended. */
function workflowRunUnderWayOf(
  row: Row,
  details: {
    readonly workflows: ReadonlyMap<string, string>;
    readonly ended: ReadonlyMap<string, number>;
  },
): RunUnderWay {
  const id = textIn(row, "id");
  // Null where the body of the run is too long to be opened.
  const steps = numberOrNullIn(row, "steps") ?? 0;
  const isCounted = steps > 0 && steps <= STATS_LIMITS.stepsCountedMax;
  const percent = Math.round(((details.ended.get(id) ?? 0) / steps) * 100);
  return {
    kind: "workflow_run",
    id,
    name: textIn(row, "workflow_name"),
    startedMs: numberOrNullIn(row, "started_ms"),
    progress: isCounted ? { percent, message: null } : null,
    expectedMs: medianOf(details.workflows.get(textIn(row, "workflow_id"))),
  };
}

function medianOf(durations: string | undefined): number | null {
  // Made by the statement of the durations.
  const values: readonly number[] = JSON.parse(durations ?? "[]");
  return quantile(values, 0.5);
}

function oldestFirst(running: readonly RunUnderWay[]): readonly RunUnderWay[] {
  return running
    .toSorted((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1))
    .slice(0, STATS_LIMITS.itemsMax);
}

function startOf({ startedMs }: RunUnderWay): number {
  return startedMs ?? Number.POSITIVE_INFINITY;
}
