import type { InStatement } from "@libsql/client";
import { ATTENTION_LIMITS } from "../core/attention.ts";
import { APPROVAL_REASON } from "../core/workflow-run.ts";
import { STATS_LIMITS, type StatsScope } from "../ports/stats.ts";

// The statements behind the overview. Each walks an index and stops at a limit. The conditions of partial
// indexes are repeated word for word, or SQLite would not use them; a unary plus keeps a column from choosing
// an index.

const NO_SLICE = `"trigger" <> 'shard'`;
const FAILED_RUN = `state in ('failed', 'timed_out', 'lost') and not "trigger" in ('shard', 'workflow')`;
const FAILED = `('failed', 'timed_out', 'lost')`;
const L = STATS_LIMITS;

/** The executors of a scope as the second parameter of its statements. */
function argsOf({ namespace, executors }: StatsScope): [string, string | null] {
  return [namespace, executors === null ? null : JSON.stringify(executors)];
}

/** Whether a column names one of the executors that are asked for. */
function isOfScope(column: string): string {
  return `(?2 is null or +${column} in (select value from json_each(?2)))`;
}

/** Whether a run belongs to a job of these executors. */
const IS_RUN_OF_SCOPE = `(?2 is null or exists (
  select 1 from jobs where jobs.id = +runs.job_id and ${isOfScope("jobs.executor")}))`;

export function countJobs(scope: StatsScope): InStatement {
  const index = scope.executors === null ? "jobs_by_state" : "jobs_by_executor";
  const named =
    scope.executors === null ? "?2 is null" : "executor in (select value from json_each(?2))";
  const count = (state: string): string => `(select count(*) from (
    select 1 from jobs indexed by ${index}
    where deleted = 0 and namespace = ?1 and state = '${state}' and ${named}
    limit ${L.jobsCountedMax}))`;
  return {
    sql: `select ${count("active")} as active, ${count("paused")} as paused`,
    args: argsOf(scope),
  };
}

/** Ended runs since an hour; of some executors only, they are counted one by one. */
export function countEnded(scope: StatsScope, fromMs: number): InStatement {
  if (scope.executors === null)
    return {
      sql: `select state, sum(count) as count from run_counts
        where namespace = ?1 and hour_ms >= ?2 group by state`,
      args: [scope.namespace, fromMs],
    };
  return {
    sql: `select state, count(*) as count from (
        select runs.state from jobs indexed by jobs_by_executor
        cross join runs indexed by runs_by_job on runs.job_id = jobs.id
        where jobs.deleted = 0 and jobs.namespace = ?1
          and jobs.executor in (select value from json_each(?2))
          and runs.created_ms >= ?3 and runs.${NO_SLICE} limit ${L.jobsCountedMax})
      group by state`,
    args: [...argsOf(scope), fromMs],
  };
}

/**
 * Jobs whose newest ended run has failed. The names that ever failed are walked, and not the failures: a job
 * that fails each second does not hide the others. They come in the order of their last failure, newest first.
 */
export function failingJobs(scope: StatsScope, fromMs: number): InStatement {
  return {
    sql: `with recursive names(name) as (
        select min(job_name) from runs where namespace = ?1 and ${FAILED_RUN}
        union all
        select (select min(job_name) from runs
          where namespace = ?1 and job_name > names.name and ${FAILED_RUN})
        from names where names.name is not null limit ${L.failedNamesMax}),
      lasts(name, last_ms) as materialized (
        select name, (select max(created_ms) from runs
          where namespace = ?1 and job_name = names.name and ${FAILED_RUN})
        from names where name is not null),
      newest(name) as materialized (
        select name from lasts where last_ms >= ?3 order by last_ms desc),
      candidates(id, name) as materialized (
        select jobs.id, jobs.name from newest cross join jobs indexed by jobs_by_name
        where jobs.deleted = 0 and jobs.namespace = ?1 and jobs.name = newest.name
          and ${isOfScope("jobs.executor")} limit ${L.candidatesMax})
      select candidates.id, candidates.name, runs.id as run, runs.created_ms as at_ms,
        substr(runs.error_message, 1, ${L.messageCharsMax}) as message
      from candidates cross join runs on runs.id = (
        select id from (
          select id, state from runs where job_id = candidates.id and ${NO_SLICE}
          order by created_ms desc, id desc limit ${L.runsOfJobMax})
        where state = 'succeeded' or state in ${FAILED} limit 1)
      where +runs.state in ${FAILED} limit ${L.itemsMax}`,
    args: [...argsOf(scope), fromMs],
  };
}

/** The newest runs of some jobs back to the last success, as lists of state and time, newest first. */
export function streaks(jobIds: readonly string[]): InStatement {
  const newest = `select state, created_ms from runs where job_id = job.value and ${NO_SLICE}`;
  const inOrder = `order by created_ms desc, id desc limit ${ATTENTION_LIMITS.streakMax}`;
  return {
    sql: `select job.value as id, (
        select json_group_array(json_array(state, created_ms)) from (
          ${newest} and created_ms >= coalesce((
            select created_ms from (${newest} ${inOrder}) where state = 'succeeded' limit 1), 0)
          ${inOrder})) as runs
      from json_each(?1) as job`,
    args: [JSON.stringify(jobIds)],
  };
}

/** Failed workflow runs that no rerun has made good, newest first. Long ones are not opened. */
export function failedWorkflowRuns(scope: StatsScope, nowMs: number): InStatement {
  const arm = (state: string): string => `select * from (
    select id, workflow_name, created_ms, ${opened("$.phase.endedMs")} as ended_ms,
      ${opened("$.error.message")} as message
    from workflow_runs where namespace = ?1 and state = '${state}' and created_ms >= ?2
    order by created_ms desc, id desc limit ${L.workflowRunsMax})`;
  return {
    sql: `with reruns(origin) as materialized (
        select ${opened("$.trigger.origin")} from workflow_runs
        where namespace = ?1 and "trigger" = 'rerun' and "trigger" <> 'run'
          and created_ms >= ?2 and +state = 'succeeded'
        order by created_ms desc, id desc limit ${L.workflowRunsMax})
      select id, workflow_name as name, coalesce(ended_ms, created_ms) as at_ms,
        substr(message, 1, ${L.messageCharsMax}) as message
      from (${arm("failed")} union all ${arm("timed_out")})
      where coalesce(ended_ms, created_ms) >= ?3
        and id not in (select origin from reruns where origin is not null)
      order by at_ms desc`,
    args: [scope.namespace, nowMs - L.failingSpanMs, nowMs - L.workflowSpanMs],
  };
}

export function downExecutors(scope: StatsScope): InStatement {
  return {
    sql: `select one.app_key, one.body ->> '$.executor.name' as name, count(*) as nodes,
        max(node.value ->> '$.healthSinceMs') as since_ms,
        sum(node.value ->> '$.wish' = 'enabled' and node.value ->> '$.health' <> 'offline') as up
      from (select app_key, body from executors
          where deleted = 0 and namespace = ?1 and ${isOfScope("app_key")}
          order by app_key limit ${L.executorsMax}) as one
        cross join json_each(one.body, '$.nodes') as node
      group by one.app_key having up = 0 limit ${L.itemsMax}`,
    args: argsOf(scope),
  };
}

export function approvals(scope: StatsScope): InStatement {
  return {
    sql: `select run.id, run.workflow_name as name, step.body ->> '$.name' as step,
        coalesce(step.body ->> '$.startedMs', run.created_ms) as since_ms
      from (select id, workflow_name, created_ms from workflow_runs
          where namespace = ?1 and state = 'running'
          order by created_ms, id limit ${L.approvalRunsMax}) as run
        cross join workflow_steps as step indexed by workflow_steps_waiting
        on step.workflow_run = run.id and step.part = -1 and step.state = 'waiting'
      where step.body ->> '$.reason' = ?2 limit ${L.itemsMax}`,
    args: [scope.namespace, APPROVAL_REASON],
  };
}

/** Runs that are out, the oldest first; not those of workflows, whose workflow runs stand for them. */
export function liveRuns(scope: StatsScope, startedBeforeMs: number): InStatement {
  const looked = scope.executors === null ? L.itemsMax * 2 : L.liveRunsMax;
  const arm = (state: string): string => `select * from (
    select id, job_id, job_name, "trigger", created_ms, ${openedRun("$.startedMs")} as started_ms,
      ${openedRun("$.progress.percent")} as percent, ${openedRun("$.progress.message")} as message
    from runs where namespace = ?1 and state = '${state}' and ${NO_SLICE} and ${IS_RUN_OF_SCOPE}
    order by created_ms, id limit ${looked})`;
  return {
    sql: `select * from (${arm("running")} union all ${arm("dispatching")})
      where "trigger" <> 'workflow' and coalesce(started_ms, created_ms) <= ?3
      order by coalesce(started_ms, created_ms), id limit ${L.itemsMax}`,
    args: [...argsOf(scope), startedBeforeMs],
  };
}

export function liveWorkflowRuns(scope: StatsScope): InStatement {
  const arm = (state: string): string => `select * from (
    select id, workflow_id, workflow_name, created_ms, ${opened("$.startedMs")} as started_ms,
      ${opened("$.counts.total")} as steps
    from workflow_runs where namespace = ?1 and state = '${state}'
    order by created_ms, id limit ${L.itemsMax})`;
  const arms = ["running", "ending", "compensating"].map(arm).join(" union all ");
  return {
    sql: `select * from (${arms})
      order by coalesce(started_ms, created_ms), id limit ${L.itemsMax}`,
    args: [scope.namespace],
  };
}

/** How long the last successes of some jobs took, as lists. */
export function expectedOfJobs(jobIds: readonly string[]): InStatement {
  return {
    sql: `select job.value as id, (
        select json_group_array(duration_ms) from (
          select duration_ms from (
            select state, duration_ms from runs where job_id = job.value and ${NO_SLICE}
            order by created_ms desc, id desc limit ${L.runsOfJobMax})
          where state = 'succeeded' and duration_ms is not null
          limit ${L.expectedOfMax})) as durations
      from json_each(?1) as job`,
    args: [JSON.stringify(jobIds)],
  };
}

/** The same of some workflows. */
export function expectedOfWorkflows(workflowIds: readonly string[]): InStatement {
  return {
    sql: `select workflow.value as id, (
        select json_group_array(took) from (
          select took from (
            select state, ${opened("$.phase.endedMs")} - ${opened("$.startedMs")} as took
            from workflow_runs where workflow_id = workflow.value
            order by created_ms desc, id desc limit ${L.expectedOfMax * 2})
          where state = 'succeeded' and took is not null limit ${L.expectedOfMax})) as durations
      from json_each(?1) as workflow`,
    args: [JSON.stringify(workflowIds)],
  };
}

/** How many steps of some workflow runs have ended. Their rows tell it; the runs' own are not written for each. */
export function endedSteps(workflowRunIds: readonly string[]): InStatement {
  return {
    sql: `select run.value as id, (
        select count(*) from (
          select state from workflow_steps
          where workflow_run = run.value and part = -1 limit ${L.stepsCountedMax})
        where state in ('succeeded', 'failed', 'skipped', 'canceled')) as ended
      from json_each(?1) as run`,
    args: [JSON.stringify(workflowRunIds)],
  };
}

/** A value of a body that is short enough to be opened. */
function opened(path: string): string {
  return `case when chars <= ${L.bodyCharsMax} then body ->> '${path}' end`;
}

function openedRun(path: string): string {
  return `case when length(body) <= ${L.bodyCharsMax} then body ->> '${path}' end`;
}
