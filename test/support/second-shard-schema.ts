/** The tables of a shard as the second version of the program made them. It never changes. */
export const SECOND_SHARD_SCHEMA: readonly string[] = [
  "create table meta (key text primary key, value text not null) without rowid",
  "insert into meta (key, value) values ('schema_version', '2')",
  `create table jobs (
    id text primary key, namespace text not null, name text not null, version integer not null,
    state text not null, body text not null, calendar text
  ) without rowid`,
  "create unique index jobs_by_name on jobs (namespace, name)",
  `create index jobs_by_calendar on jobs (namespace, calendar, id) where calendar is not null`,
  `create table due (
    due_ms integer not null, job_id text not null, cursor_ms integer not null,
    priority integer not null default 0, primary key (due_ms, job_id)
  ) without rowid`,
  "create table runs (id text primary key, body text not null) without rowid",
  "create table run_journal (seq integer primary key, body text not null)",
  `create table ticks (
    job_id text not null, nominal_ms integer not null, body text not null,
    primary key (job_id, nominal_ms)
  ) without rowid`,
  "create table job_outbox (job_id text primary key, version integer not null, tombstone text) without rowid",
  `create table idempotency (
    key text primary key, body_hash text not null, reply text not null, expires_ms integer not null
  ) without rowid`,
  "create index idempotency_by_expiry on idempotency (expires_ms)",
  "create table directory (key text primary key, version integer not null, body text not null) without rowid",
  `create table backfills (
    id text primary key, job_id text not null, body text not null
  ) without rowid`,
  "create index backfills_by_job on backfills (job_id)",
];
