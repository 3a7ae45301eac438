import type { Sql } from "../ports/shard-storage.ts";

/**
 * The tables of keepers, as steps that only go forward: a step that has landed never changes, a new wish is
 * a new step. Every table begins with the appKey: one file holds all executors of a process, a Durable Object
 * just one.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    // A deleted executor owes something until shards and records know that it is gone.
    `create table executors (
      app_key text primary key, body text not null, is_settled integer not null
    ) without rowid`,
    // In the order of seq: that in which nodes were listed or registered.
    `create table nodes (
      seq integer primary key, app_key text not null, id text not null, body text not null
    )`,
    "create unique index nodes_by_id on nodes (app_key, id)",
    "create table beats (app_key text primary key, body text not null) without rowid",
    `create table node_events (
      app_key text not null, seq integer not null, node text not null, address text not null,
      body text not null, primary key (app_key, seq)
    ) without rowid`,
    `create table replies (
      app_key text not null, key text not null, body_hash text not null, reply text not null,
      expires_ms integer not null, primary key (app_key, key)
    ) without rowid`,
    "create index replies_by_expiry on replies (app_key, expires_ms)",
  ],
];

const CREATE_VERSION = `create table if not exists keeper_schema (
  id integer primary key check (id = 1), version integer not null
)`;
const SELECT_VERSION = "select version from keeper_schema";
const STORE_VERSION = `insert into keeper_schema (id, version) values (1, ?)
  on conflict (id) do update set version = excluded.version`;

/**
 * Brings the tables up to what this code knows, each step in its own transaction. Throws when the data was
 * written by newer code: going back could lose what the older code does not know.
 */
export function upgradeKeeperSchema(sql: Sql): void {
  sql.run(CREATE_VERSION);
  const stored = Number(sql.all(SELECT_VERSION)[0]?.["version"] ?? 0);
  if (stored > STEPS.length)
    throw new Error(
      `the executors have schema version ${stored}, and this program knows at most ` +
        `${STEPS.length}: run the newer program that wrote them, or restore a backup`,
    );
  for (const [index, statements] of STEPS.entries()) {
    if (index < stored) continue;
    sql.transaction(() => {
      for (const statement of statements) sql.run(statement);
      sql.run(STORE_VERSION, index + 1);
    });
  }
}
