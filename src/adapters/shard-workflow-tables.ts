/**
 * The fourth step of a shard's schema: workflows, their runs and what belongs to them. A name is there while its
 * workflow exists, and its versions for as long as a run may need them. Bodies stand last, so that a walk along
 * the keys does not read them.
 */
export const SHARD_WORKFLOW_TABLES: readonly string[] = [
  `create table workflow_names (
    namespace text not null, name text not null, workflow_id text not null,
    primary key (namespace, name)
  ) without rowid`,
  `create table workflow_versions (
    workflow_id text not null, version integer not null, namespace text not null,
    name text not null, chars integer not null, body text not null,
    primary key (workflow_id, version)
  ) without rowid`,
  `create table workflow_outbox (
    workflow_id text not null, version integer not null, tombstone text,
    primary key (workflow_id, version)
  ) without rowid`,
  `create table workflow_runs (
    id text primary key, chars integer not null, body text not null
  ) without rowid`,
  `create table workflow_steps (
    workflow_run text not null, step integer not null, part integer not null,
    chars integer not null, body text not null,
    primary key (workflow_run, step, part)
  ) without rowid`,
  `create table workflow_events (
    workflow_run text not null, seq integer not null, body text not null,
    primary key (workflow_run, seq)
  ) without rowid`,
  `create table errands (
    id text primary key, chars integer not null, body text not null
  ) without rowid`,
  `create table long_rows (
    key text not null, piece integer not null, text text not null,
    primary key (key, piece)
  ) without rowid`,
];
