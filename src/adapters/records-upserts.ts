import type { InStatement } from "@libsql/client";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { JobTombstone, RecordsBatch } from "../ports/records.ts";
import { workflowUpserts } from "./records-workflow-upserts.ts";
import { rowText, runText } from "./row-text.ts";
import { statements } from "./upsert-statements.ts";
import type { Upsert } from "./upsert-statements.ts";

/** The statements that put a batch into the records, in the order in which they must run. */
export function upserts(batch: RecordsBatch): readonly InStatement[] {
  const ids = [...batch.jobs, ...batch.deletedJobs].map((job) => job.id);
  return [
    ...statements(JOBS, batch.jobs),
    ...statements(TOMBSTONES, batch.deletedJobs),
    ...(ids.length === 0 ? [] : retag(ids)),
    ...statements(RUNS, batch.runs),
    ...statements(TICKS, batch.ticks),
    ...workflowUpserts(batch),
  ];
}

const JOBS: Upsert<Job> = {
  table: "jobs",
  key: ["id"],
  updated: ["version", "deleted", "state", "executor", "description", "body"],
  isNewer: "excluded.version > jobs.version",
  columnsOf: (job) => ({
    id: job.id,
    namespace: job.namespace,
    name: job.spec.name,
    version: job.version,
    deleted: 0,
    state: job.state,
    executor: job.spec.target.kind === "executor" ? job.spec.target.executor : null,
    description: job.spec.description,
    body: rowText(job),
  }),
};

/** A tombstone also wins over a row of its own version: a deleted job does not come back. */
const TOMBSTONES: Upsert<JobTombstone> = {
  ...JOBS,
  isNewer: "excluded.version >= jobs.version",
  columnsOf: (job) => ({
    id: job.id,
    namespace: job.namespace,
    name: job.name,
    version: job.version,
    deleted: 1,
    state: null,
    executor: null,
    description: null,
    body: null,
  }),
};

const RUNS: Upsert<Run> = {
  table: "runs",
  key: ["id"],
  updated: ["version", "state", "duration_ms", "node", "error_message", "body"],
  isNewer: "excluded.version > runs.version",
  columnsOf: (run) => ({
    id: run.id,
    namespace: run.namespace,
    job_id: run.jobId,
    job_name: run.jobName,
    version: run.version,
    state: run.phase.state,
    trigger: run.trigger.kind,
    nominal_ms: run.nominalMs,
    created_ms: run.createdMs,
    duration_ms: durationMsOf(run),
    node: run.attempts.at(-1)?.node ?? null,
    error_message: run.error?.message ?? null,
    body: runText(run),
    workflow_run: run.trigger.kind === "workflow" ? run.trigger.workflowRun : null,
  }),
};

/**
 * A tick has no version. The later plan wins, then the longer range, then the greater text: any
 * rule would do that gives one answer whatever the order of arrival.
 */
const TICKS: Upsert<Tick> = {
  table: "ticks",
  key: ["job_id", "nominal_ms"],
  updated: ["to_ms", "planned_ms", "body"],
  isNewer:
    "(excluded.planned_ms, excluded.to_ms, excluded.body)" +
    " > (ticks.planned_ms, ticks.to_ms, ticks.body)",
  columnsOf: (tick) => ({
    job_id: tick.jobId,
    nominal_ms: tick.nominalMs,
    namespace: tick.namespace,
    to_ms: tick.toMs,
    planned_ms: tick.plannedMs,
    body: JSON.stringify(tick),
  }),
};

function durationMsOf({ phase, startedMs }: Run): number | null {
  return "endedMs" in phase && startedMs !== null ? phase.endedMs - startedMs : null;
}

/**
 * Tags are taken from the rows that were kept, not from the rows that came: an old row that changed
 * nothing does not change the tags either.
 */
function retag(ids: readonly string[]): readonly InStatement[] {
  const args = [JSON.stringify(ids)];
  return [
    { sql: "delete from job_tags where job_id in (select value from json_each(?))", args },
    {
      sql: `insert or ignore into job_tags (job_id, tag, namespace, name)
        select jobs.id, tag.value, jobs.namespace, jobs.name
        from jobs, json_each(jobs.body, '$.spec.tags') as tag
        where jobs.id in (select value from json_each(?)) and jobs.deleted = 0`,
      args,
    },
  ];
}
