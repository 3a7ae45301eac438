import type { Sql } from "../ports/shard-storage.ts";
import { upgradeSchema } from "./schema-steps.ts";

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

/** Brings the tables up to what this code knows. Throws when the data was written by newer code. */
export function upgradeKeeperSchema(sql: Sql): void {
  const words = { subject: "the executors have", object: "them" } as const;
  upgradeSchema(sql, { table: "keeper_schema", ...words, steps: STEPS });
}
