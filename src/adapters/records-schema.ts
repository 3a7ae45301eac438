import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { Job } from "../core/job.ts";
import type { Run, RunState, Trigger } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { Deployment, Quotas, StoredCalendar, TokenScope } from "../ports/directory.ts";
import type { ExecutorRow } from "../ports/executor-storage.ts";
import type { LogLevel } from "../ports/run-logs.ts";

// Each row of the history carries the whole core object as JSON in `body`. The other columns repeat
// what a filter, an order or an index needs; they stand before `body`, so that a filter which walks
// rows does not have to read the overflow pages of a long body.

/** The condition of most indexes of the runs. A statement repeats it word for word, or goes without them. */
export const NO_SLICE = sql`"trigger" <> 'shard'`;
/**
 * The same of the indexes that lead to dead letters. It says otherwise that a run is no slice, so that
 * SQLite does not take the indexes above for them. Runs of workflows are retried through their workflow run.
 */
export const FAILED_RUN = sql`state in ('failed', 'timed_out', 'lost') and not "trigger" in ('shard', 'workflow')`;

/** The jobs as their shards last told. A deleted job stays as a tombstone without a body. */
export const jobs = sqliteTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    namespace: text("namespace").notNull(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    deleted: integer("deleted").notNull(),
    state: text("state").$type<Job["state"]>(),
    /** The appKey that the target names; null for a webhook. */
    executor: text("executor"),
    description: text("description"),
    body: text("body", { mode: "json" }).$type<Job>(),
  },
  (job) => [
    index("jobs_by_name")
      .on(job.namespace, job.name, job.id)
      .where(sql`deleted = 0`),
    index("jobs_by_state")
      .on(job.namespace, job.state, job.name, job.id)
      .where(sql`deleted = 0`),
    index("jobs_by_executor")
      .on(job.namespace, job.executor, job.name, job.id)
      .where(sql`deleted = 0`),
  ],
);

/** The tags of the jobs that are not deleted, so that a list by tag need not open every job. */
export const jobTags = sqliteTable(
  "job_tags",
  {
    jobId: text("job_id").notNull(),
    tag: text("tag").notNull(),
    namespace: text("namespace").notNull(),
    name: text("name").notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.jobId, row.tag] }),
    index("job_tags_by_tag").on(row.namespace, row.tag, row.name, row.jobId),
  ],
);

/** The runs as their shards last told. */
export const runs = sqliteTable(
  "runs",
  {
    id: text("id").primaryKey(),
    namespace: text("namespace").notNull(),
    jobId: text("job_id").notNull(),
    jobName: text("job_name").notNull(),
    version: integer("version").notNull(),
    state: text("state").$type<RunState>().notNull(),
    trigger: text("trigger").$type<Trigger["kind"]>().notNull(),
    nominalMs: integer("nominal_ms").notNull(),
    createdMs: integer("created_ms").notNull(),
    /** From the first send to the end; null unless both have happened. */
    durationMs: integer("duration_ms"),
    /** Where the last attempt went. */
    node: text("node"),
    errorMessage: text("error_message"),
    body: text("body", { mode: "json" }).$type<Run>().notNull(),
    /** The workflow run whose step it does; null for all others. It was added behind the body. */
    workflowRun: text("workflow_run"),
  },
  (run) => [
    // A sharded run may have a thousand slices, and no list shows them unless it is asked to.
    index("runs_by_created").on(run.namespace, run.createdMs, run.id).where(NO_SLICE),
    index("runs_by_job").on(run.jobId, run.createdMs, run.id).where(NO_SLICE),
    index("runs_by_job_name").on(run.namespace, run.jobName, run.createdMs, run.id).where(NO_SLICE),
    index("runs_by_state").on(run.namespace, run.state, run.createdMs, run.id).where(NO_SLICE),
    index("runs_by_node")
      .on(run.namespace, run.node, run.createdMs, run.id)
      .where(sql`node is not null and ${NO_SLICE}`),
    index("runs_of_parents")
      .on(sql`body ->> '$.trigger.parent'`, sql`body ->> '$.trigger.index'`, run.id)
      .where(sql`"trigger" = 'shard'`),
    // Dead letters are those of these runs that no run in `runs_of_retries` names.
    index("runs_failed").on(run.namespace, run.createdMs, run.id).where(FAILED_RUN),
    index("runs_failed_by_job").on(run.jobId, run.createdMs, run.id).where(FAILED_RUN),
    index("runs_failed_by_job_name")
      .on(run.namespace, run.jobName, run.createdMs, run.id)
      .where(FAILED_RUN),
    index("runs_of_retries")
      .on(sql`body ->> '$.trigger.origin'`)
      .where(sql`"trigger" = 'retry'`),
    // Nearly every run comes from a tick: only the others are worth an index by trigger.
    index("runs_by_trigger")
      .on(run.namespace, run.trigger, run.createdMs, run.id)
      .where(sql`"trigger" <> 'tick'`),
    index("runs_of_ticks")
      .on(run.jobId, run.nominalMs)
      .where(sql`"trigger" = 'tick'`),
    index("runs_of_workflow_runs")
      .on(run.workflowRun, run.createdMs, run.id)
      .where(sql`workflow_run is not null`),
    index("runs_of_backfills")
      .on(sql`body ->> '$.trigger.backfill'`, run.createdMs, run.id)
      .where(sql`"trigger" = 'backfill'`),
  ],
);

/** What became of the ticks that have no run of their own. */
export const ticks = sqliteTable(
  "ticks",
  {
    jobId: text("job_id").notNull(),
    nominalMs: integer("nominal_ms").notNull(),
    namespace: text("namespace").notNull(),
    toMs: integer("to_ms").notNull(),
    plannedMs: integer("planned_ms").notNull(),
    body: text("body", { mode: "json" }).$type<Tick>().notNull(),
  },
  (tick) => [primaryKey({ columns: [tick.jobId, tick.nominalMs] })],
);

/** The executors as their keepers last told. A deleted one stays as a row that keeps its versions. */
export const executors = sqliteTable(
  "executors",
  {
    appKey: text("app_key").primaryKey(),
    namespace: text("namespace").notNull(),
    rowVersion: integer("row_version").notNull(),
    listVersion: integer("list_version").notNull(),
    deleted: integer("deleted").notNull(),
    body: text("body", { mode: "json" }).$type<ExecutorRow>().notNull(),
  },
  (executor) => [
    index("executors_by_namespace")
      .on(executor.namespace, executor.appKey)
      .where(sql`deleted = 0`),
  ],
);

/** What handlers wrote while they ran. */
export const runLogs = sqliteTable(
  "run_logs",
  {
    runId: text("run_id").notNull(),
    attempt: integer("attempt").notNull(),
    seq: integer("seq").notNull(),
    /** When it came here: the executor's clock does not decide how long it is kept. */
    storedMs: integer("stored_ms").notNull(),
    atMs: integer("at_ms").notNull(),
    level: text("level").$type<LogLevel>().notNull(),
    text: text("text").notNull(),
  },
  (line) => [
    primaryKey({ columns: [line.runId, line.attempt, line.seq] }),
    index("run_logs_by_age").on(line.storedMs),
  ],
);

/** How many lines a full log has lost. */
export const runLogDrops = sqliteTable(
  "run_log_drops",
  {
    runId: text("run_id").primaryKey(),
    dropped: integer("dropped").notNull(),
    storedMs: integer("stored_ms").notNull(),
  },
  (row) => [index("run_log_drops_by_age").on(row.storedMs)],
);

/** `parts` stands before the body, so that those who name a calendar are found without its dates. */
export const calendars = sqliteTable(
  "calendars",
  {
    namespace: text("namespace").notNull(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    parts: text("parts", { mode: "json" }).$type<readonly string[]>().notNull(),
    body: text("body", { mode: "json" }).$type<StoredCalendar>().notNull(),
  },
  (calendar) => [primaryKey({ columns: [calendar.namespace, calendar.name] })],
);

/** What all calendars of a namespace share; there is no row before the first change. */
export const calendarSets = sqliteTable("calendar_sets", {
  namespace: text("namespace").primaryKey(),
  revision: integer("revision").notNull(),
  versionFloor: integer("version_floor").notNull(),
});

export const tokens = sqliteTable(
  "tokens",
  {
    id: text("id").primaryKey(),
    namespace: text("namespace").notNull(),
    name: text("name").notNull(),
    hash: text("hash").notNull(),
    prefix: text("prefix").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<readonly TokenScope[]>().notNull(),
    createdMs: integer("created_ms").notNull(),
    expiresMs: integer("expires_ms"),
    lastUsedMs: integer("last_used_ms"),
    revokedMs: integer("revoked_ms"),
    executors: text("executors", { mode: "json" }).$type<readonly string[]>(),
    createdBy: text("created_by"),
  },
  (token) => [
    uniqueIndex("tokens_by_hash").on(token.hash),
    index("tokens_by_namespace").on(token.namespace, token.id),
  ],
);

export const namespaces = sqliteTable("namespaces", {
  name: text("name").primaryKey(),
  version: integer("version").notNull(),
  signingGenerations: text("signing_generations", { mode: "json" })
    .$type<readonly number[]>()
    .notNull(),
  description: text("description").notNull().default(""),
  createdMs: integer("created_ms"),
  quotas: text("quotas", { mode: "json" }).$type<Quotas>(),
});

/** First answers that the API itself wrote, kept until they expire. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    key: text("key").primaryKey(),
    bodyHash: text("body_hash").notNull(),
    sealedReply: text("sealed_reply").notNull(),
    expiresMs: integer("expires_ms").notNull(),
  },
  (entry) => [index("idempotency_by_expiry").on(entry.expiresMs)],
);

/** One row, whose key is always 1. */
export const deployment = sqliteTable("deployment", {
  one: integer("one").primaryKey(),
  body: text("body", { mode: "json" }).$type<Deployment>().notNull(),
});
