import { assert } from "../core/assert.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type {
  DirectoryCopy,
  DueEntry,
  IdempotencyEntry,
  JobOutboxEntry,
  ShardStorage,
  Sql,
  SqlRow,
} from "../ports/shard-storage.ts";
import { rowText, runText } from "./row-text.ts";
import { upgradeShardSchema } from "./shard-schema.ts";
import { SHARD_SQL } from "./shard-statements.ts";

/** A shard's storage in SQLite: Durable Object or file. Making it creates or upgrades the tables. */
export class SqlShardStorage implements ShardStorage {
  readonly #sql: Sql;
  #isInTransaction = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    upgradeShardSchema(sql);
  }

  transaction<T>(work: () => T): T {
    assert(!this.#isInTransaction, "transactions of a shard do not nest");
    this.#isInTransaction = true;
    try {
      return this.#sql.transaction(work);
    } finally {
      this.#isInTransaction = false;
    }
  }

  getMeta(key: string): string | undefined {
    const row = this.#sql.all(SHARD_SQL.getMeta, key)[0];
    return row === undefined ? undefined : text(row, "value");
  }

  putMeta(key: string, value: string): void {
    this.#sql.run(SHARD_SQL.putMeta, key, value);
  }

  putJob(job: Job): void {
    const { id, namespace, version, state, spec } = job;
    const body = rowText(job);
    this.#sql.run(SHARD_SQL.putJob, id, namespace, spec.name, version, state, body);
  }

  getJob(jobId: string): Job | undefined {
    return this.#sql.all(SHARD_SQL.getJob, jobId).map(jobOf)[0];
  }

  getJobByName(namespace: string, name: string): Job | undefined {
    return this.#sql.all(SHARD_SQL.getJobByName, namespace, name).map(jobOf)[0];
  }

  getJobs(jobIds: readonly string[]): readonly Job[] {
    return this.#sql.all(SHARD_SQL.getJobs, JSON.stringify(jobIds)).map(jobOf);
  }

  deleteJob(jobId: string): void {
    this.#sql.run(SHARD_SQL.deleteJob, jobId);
  }

  countJobs(): number {
    return count(this.#sql.all(SHARD_SQL.countJobs));
  }

  insertDue(entry: DueEntry): void {
    this.#sql.run(SHARD_SQL.insertDue, entry.dueMs, entry.jobId, entry.cursorMs);
  }

  moveDue(fromMs: number, entry: DueEntry): void {
    this.#sql.run(SHARD_SQL.moveDue, entry.dueMs, entry.cursorMs, fromMs, entry.jobId);
  }

  deleteDue(dueMs: number, jobId: string): void {
    this.#sql.run(SHARD_SQL.deleteDue, dueMs, jobId);
  }

  dueAt(dueMs: number, jobId: string): DueEntry | undefined {
    return this.#sql.all(SHARD_SQL.dueAt, dueMs, jobId).map(dueEntry)[0];
  }

  scanDue(jobId: string): DueEntry | undefined {
    return this.#sql.all(SHARD_SQL.scanDue, jobId).map(dueEntry)[0];
  }

  dueBetween(range: Parameters<ShardStorage["dueBetween"]>[0]): readonly DueEntry[] {
    const { fromMs, beforeMs, after, limit } = range;
    // No id is empty, so `(fromMs, "")` sorts before every entry of that instant: one bound says both.
    const start = after !== null && after.dueMs >= fromMs ? after : { dueMs: fromMs, jobId: "" };
    return this.#sql
      .all(SHARD_SQL.dueBetween, start.dueMs, start.jobId, beforeMs, limit)
      .map(dueEntry);
  }

  earliestDueMs(): number | undefined {
    const row = this.#sql.all(SHARD_SQL.earliestDue)[0];
    return row === undefined ? undefined : whole(row, "due_ms");
  }

  countDue(): number {
    return count(this.#sql.all(SHARD_SQL.countDue));
  }

  putRun(run: Run): void {
    this.#sql.run(SHARD_SQL.putRun, run.id, runText(run));
  }

  getRun(runId: string): Run | undefined {
    return this.#sql.all(SHARD_SQL.getRun, runId).map(runOf)[0];
  }

  getRuns(runIds: readonly string[]): readonly Run[] {
    return this.#sql.all(SHARD_SQL.getRuns, JSON.stringify(runIds)).map(runOf);
  }

  deleteRun(runId: string): void {
    this.#sql.run(SHARD_SQL.deleteRun, runId);
  }

  runsAfter(afterId: string, limit: number): readonly Run[] {
    return this.#sql.all(SHARD_SQL.runsAfter, afterId, limit).map(runOf);
  }

  putTick(tick: Tick): void {
    this.#sql.run(SHARD_SQL.putTick, tick.jobId, tick.nominalMs, JSON.stringify(tick));
  }

  ticksAfter(after: Parameters<ShardStorage["ticksAfter"]>[0]): readonly Tick[] {
    const statement = after.onlyThisJob ? SHARD_SQL.ticksOfJobAfter : SHARD_SQL.ticksAfter;
    return this.#sql.all(statement, after.jobId, after.nominalMs, after.limit).map(tickOf);
  }

  deleteTick(jobId: string, nominalMs: number): void {
    this.#sql.run(SHARD_SQL.deleteTick, jobId, nominalMs);
  }

  putJobOutbox(entry: JobOutboxEntry): void {
    const tombstone = entry.tombstone === null ? null : JSON.stringify(entry.tombstone);
    this.#sql.run(SHARD_SQL.putJobOutbox, entry.jobId, entry.version, tombstone);
  }

  jobOutboxAfter(afterJobId: string, limit: number): readonly JobOutboxEntry[] {
    return this.#sql.all(SHARD_SQL.jobOutboxAfter, afterJobId, limit).map(outboxEntry);
  }

  getJobOutbox(jobId: string): JobOutboxEntry | undefined {
    return this.#sql.all(SHARD_SQL.getJobOutbox, jobId).map(outboxEntry)[0];
  }

  deleteJobOutbox(jobId: string, version: number): void {
    this.#sql.run(SHARD_SQL.deleteJobOutbox, jobId, version);
  }

  countJobOutbox(): number {
    return count(this.#sql.all(SHARD_SQL.countJobOutbox));
  }

  putIdempotency(entry: IdempotencyEntry): void {
    const { key, bodyHash, reply, expiresMs } = entry;
    this.#sql.run(SHARD_SQL.putIdempotency, key, bodyHash, reply, expiresMs);
  }

  getIdempotency(key: string): IdempotencyEntry | undefined {
    const row = this.#sql.all(SHARD_SQL.getIdempotency, key)[0];
    return row === undefined ? undefined : idempotencyEntry(key, row);
  }

  purgeIdempotency(nowMs: number, limit: number): number {
    return this.#sql.all(SHARD_SQL.purgeIdempotency, nowMs, limit).length;
  }

  putCopy(copy: DirectoryCopy): void {
    this.#sql.run(SHARD_SQL.putCopy, copy.key, copy.version, copy.body);
  }

  getCopy(key: string): DirectoryCopy | undefined {
    return this.#sql.all(SHARD_SQL.getCopy, key).map(directoryCopy)[0];
  }

  copies(): readonly DirectoryCopy[] {
    return this.#sql.all(SHARD_SQL.copies).map(directoryCopy);
  }

  deleteCopy(key: string): void {
    this.#sql.run(SHARD_SQL.deleteCopy, key);
  }
}

// Bodies are parsed unchecked: this class alone writes them, each from a value of the same type.

function jobOf(row: SqlRow): Job {
  return JSON.parse(text(row, "body"));
}

function runOf(row: SqlRow): Run {
  return JSON.parse(text(row, "body"));
}

function tickOf(row: SqlRow): Tick {
  return JSON.parse(text(row, "body"));
}

function tombstoneOf(row: SqlRow): JobOutboxEntry["tombstone"] {
  return row["tombstone"] === null ? null : JSON.parse(text(row, "tombstone"));
}

function dueEntry(row: SqlRow): DueEntry {
  return {
    dueMs: whole(row, "due_ms"),
    jobId: text(row, "job_id"),
    cursorMs: whole(row, "cursor_ms"),
  };
}

function outboxEntry(row: SqlRow): JobOutboxEntry {
  return {
    jobId: text(row, "job_id"),
    version: whole(row, "version"),
    tombstone: tombstoneOf(row),
  };
}

/** The key is not read back: it may hold U+0000, at which Deno 2.9 cuts off a text that it reads. */
function idempotencyEntry(key: string, row: SqlRow): IdempotencyEntry {
  return {
    key,
    bodyHash: text(row, "body_hash"),
    reply: text(row, "reply"),
    expiresMs: whole(row, "expires_ms"),
  };
}

function directoryCopy(row: SqlRow): DirectoryCopy {
  return { key: text(row, "key"), version: whole(row, "version"), body: text(row, "body") };
}

function count(rows: readonly SqlRow[]): number {
  const row = rows[0];
  assert(row !== undefined, "a count has one row");
  return whole(row, "n");
}

function text(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === "string", `the column ${column} holds text`);
  return value;
}

function whole(row: SqlRow, column: string): number {
  const value = row[column];
  assert(typeof value === "number", `the column ${column} holds a number`);
  return value;
}
