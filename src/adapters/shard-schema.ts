import { assert } from "../core/assert.ts";
import type { Sql } from "../ports/shard-storage.ts";
import { SHARD_BODY_UPGRADE } from "./shard-body-upgrade.ts";
import { SHARD_EXECUTOR_UPGRADE } from "./shard-executor-upgrade.ts";
import { SHARD_WORKFLOW_TABLES } from "./shard-workflow-tables.ts";

/**
 * The tables of one shard, as steps that only go forward: a step that has landed never changes, a new
 * wish is a new step. Tables are clustered by their primary key (`without rowid`) because Durable
 * Objects charge for each row and each index entry written, and so a row costs one and not two.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    `create table jobs (
      id text primary key, namespace text not null, name text not null, version integer not null,
      state text not null, body text not null
    ) without rowid`,
    "create unique index jobs_by_name on jobs (namespace, name)",
    `create table due (
      due_ms integer not null, job_id text not null, cursor_ms integer not null,
      primary key (due_ms, job_id)
    ) without rowid`,
    "create table runs (id text primary key, body text not null) without rowid",
    `create table ticks (
      job_id text not null, nominal_ms integer not null, body text not null,
      primary key (job_id, nominal_ms)
    ) without rowid`,
    `create table job_outbox (
      job_id text primary key, version integer not null, tombstone text
    ) without rowid`,
    `create table idempotency (
      key text primary key, body_hash text not null, reply text not null,
      expires_ms integer not null
    ) without rowid`,
    "create index idempotency_by_expiry on idempotency (expires_ms)",
    `create table directory (
      key text primary key, version integer not null, body text not null
    ) without rowid`,
  ],
  [
    "alter table jobs add column calendar text",
    `create index jobs_by_calendar on jobs (namespace, calendar, id) where calendar is not null`,
    "alter table due add column priority integer not null default 0",
    `create table backfills (
      id text primary key, job_id text not null, body text not null
    ) without rowid`,
    "create index backfills_by_job on backfills (job_id)",
    "create table run_journal (seq integer primary key, body text not null)",
    ...SHARD_BODY_UPGRADE,
  ],
  SHARD_EXECUTOR_UPGRADE,
  SHARD_WORKFLOW_TABLES,
  ["create table step_journal (seq integer primary key, body text not null)"],
];

const CREATE_META =
  "create table if not exists meta (key text primary key, value text not null) without rowid";
const SELECT_VERSION = "select value from meta where key = 'schema_version'";
const STORE_VERSION = `insert into meta (key, value) values ('schema_version', ?)
  on conflict (key) do update set value = excluded.value`;

/**
 * Brings the tables up to what this code knows, each step in its own transaction. The version lives in
 * the table `meta` because Durable Objects deny `pragma user_version`. Throws when the data was written
 * by newer code: going back could lose what the older code does not know.
 */
export function upgradeShardSchema(sql: Sql): void {
  sql.run(CREATE_META);
  const stored = storedVersion(sql);
  if (stored > STEPS.length) {
    throw new Error(
      `the data has schema version ${stored}, and this program knows at most ${STEPS.length}: ` +
        "run the newer program that wrote it, or restore a backup",
    );
  }
  for (const [index, statements] of STEPS.entries()) {
    if (index >= stored) upgradeByOne(sql, statements, index + 1);
  }
}

function upgradeByOne(sql: Sql, statements: readonly string[], version: number): void {
  sql.transaction(() => {
    for (const statement of statements) sql.run(statement);
    sql.run(STORE_VERSION, String(version));
  });
}

function storedVersion(sql: Sql): number {
  const value = sql.all(SELECT_VERSION)[0]?.["value"];
  if (value === undefined) return 0;
  const version = Number(value);
  assert(Number.isSafeInteger(version) && version >= 1, "the schema version is a whole number");
  return version;
}
