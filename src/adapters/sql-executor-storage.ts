import { assert } from "../core/assert.ts";
import type { ExecutorNode, NodeEvent } from "../ports/executors.ts";
import type { ExecutorStorage, StoredBeats, StoredExecutor } from "../ports/executor-storage.ts";
import type { Sql, SqlRow } from "../ports/shard-storage.ts";
import { upgradeKeeperSchema } from "./keeper-schema.ts";

/** Every statement of this storage, once each, so that engines can keep them prepared. */
export const KEEPER_SQL = {
  appKeys: "select app_key from executors where is_settled = 0 order by app_key",
  getExecutor: "select body from executors where app_key = ?",
  putExecutor: `insert into executors (app_key, body, is_settled) values (?, ?, ?)
    on conflict (app_key) do update set body = excluded.body, is_settled = excluded.is_settled`,

  nodes: "select body from nodes where app_key = ? order by seq",
  // A node keeps its place and its id for life: writing them again would write their index again.
  putNode: `insert into nodes (app_key, id, body) values (?, ?, ?)
    on conflict (app_key, id) do update set body = excluded.body`,
  deleteNode: "delete from nodes where app_key = ? and id = ?",

  getBeats: "select body from beats where app_key = ?",
  putBeats: `insert into beats (app_key, body) values (?, ?)
    on conflict (app_key) do update set body = excluded.body`,

  addEvent: `insert into node_events (app_key, seq, node, address, body) values (?, ?, ?, ?, ?)`,
  eventsBefore: `select body from node_events where app_key = ? and seq < ?
    order by seq desc limit ?`,
  eventsOfNodeBefore: `select body from node_events
    where app_key = ? and seq < ? and (node = ? or address = ?) order by seq desc limit ?`,
  trimEvents: `delete from node_events where app_key = ? and seq <= coalesce((
    select seq from node_events where app_key = ? order by seq desc limit 1 offset ?), 0)`,

  putReply: `insert into replies (app_key, key, body_hash, reply, expires_ms)
    values (?, ?, ?, ?, ?)
    on conflict (app_key, key) do update set body_hash = excluded.body_hash,
      reply = excluded.reply, expires_ms = excluded.expires_ms`,
  getReply: "select body_hash, reply, expires_ms from replies where app_key = ? and key = ?",
  purgeReplies: `delete from replies where app_key = ? and key in (
    select key from replies where app_key = ? and expires_ms <= ? order by expires_ms limit ?)`,
} as const;

/** Databases whose tables are known to be right: making a storage for each executor must stay cheap. */
const UPGRADED = new WeakSet<Sql>();

function upgradeOnce(sql: Sql): void {
  if (UPGRADED.has(sql)) return;
  upgradeKeeperSchema(sql);
  UPGRADED.add(sql);
}

/** The executors that a database keeps, and deleted ones of which somebody must still be told. */
export function keptAppKeys(sql: Sql): readonly string[] {
  upgradeOnce(sql);
  return sql.all(KEEPER_SQL.appKeys).map((row) => text(row, "app_key"));
}

/** A keeper's storage in SQLite: its Durable Object, or its rows in a file with many. */
export class SqlExecutorStorage implements ExecutorStorage {
  readonly #sql: Sql;
  readonly #appKey: string;

  /** Creates or upgrades the tables. */
  constructor(sql: Sql, appKey: string) {
    this.#sql = sql;
    this.#appKey = appKey;
    upgradeOnce(sql);
  }

  transaction<T>(work: () => T): T {
    return this.#sql.transaction(work);
  }

  // Bodies are parsed unchecked: this class alone writes them, each from a value of the same type.

  getExecutor(): StoredExecutor | null {
    const row = this.#sql.all(KEEPER_SQL.getExecutor, this.#appKey)[0];
    return row === undefined ? null : JSON.parse(text(row, "body"));
  }

  putExecutor(stored: StoredExecutor): void {
    const isTold = stored.shardsBehind.length === 0 && stored.rowVersion === stored.rowVersionKept;
    const isSettled = stored.isDeleted && isTold ? 1 : 0;
    this.#sql.run(KEEPER_SQL.putExecutor, this.#appKey, JSON.stringify(stored), isSettled);
  }

  nodes(): readonly ExecutorNode[] {
    return this.#sql
      .all(KEEPER_SQL.nodes, this.#appKey)
      .map((row) => JSON.parse(text(row, "body")));
  }

  putNode(node: ExecutorNode): void {
    this.#sql.run(KEEPER_SQL.putNode, this.#appKey, node.id, JSON.stringify(node));
  }

  deleteNode(nodeId: string): void {
    this.#sql.run(KEEPER_SQL.deleteNode, this.#appKey, nodeId);
  }

  getBeats(): StoredBeats | null {
    const row = this.#sql.all(KEEPER_SQL.getBeats, this.#appKey)[0];
    return row === undefined ? null : JSON.parse(text(row, "body"));
  }

  putBeats(beats: StoredBeats): void {
    this.#sql.run(KEEPER_SQL.putBeats, this.#appKey, JSON.stringify(beats));
  }

  addEvent(event: NodeEvent): void {
    const { seq, node, address } = event;
    const body = JSON.stringify(event);
    this.#sql.run(KEEPER_SQL.addEvent, this.#appKey, seq, node, address, body);
  }

  eventsBefore(query: Parameters<ExecutorStorage["eventsBefore"]>[0]): readonly NodeEvent[] {
    const { node, beforeSeq, limit } = query;
    const rows =
      node === null
        ? this.#sql.all(KEEPER_SQL.eventsBefore, this.#appKey, beforeSeq, limit)
        : this.#sql.all(KEEPER_SQL.eventsOfNodeBefore, this.#appKey, beforeSeq, node, node, limit);
    return rows.map((row) => JSON.parse(text(row, "body")));
  }

  trimEvents(keep: number): void {
    this.#sql.run(KEEPER_SQL.trimEvents, this.#appKey, this.#appKey, keep);
  }

  putReply(entry: Parameters<ExecutorStorage["putReply"]>[0]): void {
    const { key, bodyHash, reply, expiresMs } = entry;
    this.#sql.run(KEEPER_SQL.putReply, this.#appKey, key, bodyHash, reply, expiresMs);
  }

  getReply(key: string): ReturnType<ExecutorStorage["getReply"]> {
    const row = this.#sql.all(KEEPER_SQL.getReply, this.#appKey, key)[0];
    if (row === undefined) return null;
    const expiresMs = row["expires_ms"];
    assert(typeof expiresMs === "number", "the column expires_ms holds a number");
    return { bodyHash: text(row, "body_hash"), reply: text(row, "reply"), expiresMs };
  }

  purgeReplies(nowMs: number, limit: number): void {
    this.#sql.run(KEEPER_SQL.purgeReplies, this.#appKey, this.#appKey, nowMs, limit);
  }
}

function text(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === "string", `the column ${column} holds text`);
  return value;
}
