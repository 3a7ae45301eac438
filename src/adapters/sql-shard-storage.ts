import { assert } from "../core/assert.ts";
import type { Backfill } from "../core/backfill.ts";
import { calendarNameOf, type Job } from "../core/job.ts";
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
import { rowText } from "./row-text.ts";
import { RunRows } from "./run-rows.ts";
import { upgradeShardSchema } from "./shard-schema.ts";
import { SHARD_SQL } from "./shard-statements.ts";

/** A shard's storage in SQLite: Durable Object or file. Making it creates or upgrades the tables. */
export class SqlShardStorage implements ShardStorage {
  readonly #sql: Sql;
  readonly #runs: RunRows;
  #isInTransaction = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    upgradeShardSchema(sql);
    this.#runs = new RunRows(sql);
  }

  transaction<T>(work: () => T): T {
    assert(!this.#isInTransaction, "transactions of a shard do not nest");
    this.#isInTransaction = true;
    try {
      return this.#sql.transaction(() => {
        const value = work();
        this.#runs.flush();
        return value;
      });
    } catch (error) {
      this.#runs.rolledBack();
      throw error;
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
    const calendar = calendarNameOf(spec.schedule);
    this.#sql.run(SHARD_SQL.putJob, id, namespace, spec.name, version, state, body, calendar);
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

  jobsOfCalendar(namespace: string, name: string): readonly string[] {
    return this.#sql.all(SHARD_SQL.jobsOfCalendar, namespace, name).map((row) => text(row, "id"));
  }

  insertDue(entry: DueEntry): void {
    const { dueMs, jobId, cursorMs, priority } = entry;
    this.#sql.run(SHARD_SQL.insertDue, dueMs, jobId, cursorMs, priority);
  }

  moveDue(fromMs: number, entry: DueEntry): void {
    const { dueMs, jobId, cursorMs, priority } = entry;
    this.#sql.run(SHARD_SQL.moveDue, dueMs, cursorMs, priority, fromMs, jobId);
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
    if (this.#isInTransaction) this.#runs.put(run);
    else this.transaction(() => this.#runs.put(run));
  }

  getRun(runId: string): Run | undefined {
    return this.#runs.get(runId);
  }

  getRuns(runIds: readonly string[]): readonly Run[] {
    return this.#runs.getMany(runIds);
  }

  deleteRun(runId: string): void {
    if (this.#isInTransaction) this.#runs.delete(runId);
    else this.transaction(() => this.#runs.delete(runId));
  }

  runsAfter(afterId: string, limit: number): readonly Run[] {
    return this.#runs.after(afterId, limit);
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

  putBackfill(backfill: Backfill): void {
    const { id, jobId } = backfill;
    this.#sql.run(SHARD_SQL.putBackfill, id, jobId, JSON.stringify(backfill));
  }

  getBackfill(backfillId: string): Backfill | undefined {
    return this.#sql.all(SHARD_SQL.getBackfill, backfillId).map(backfillOf)[0];
  }

  backfillsOfJob(jobId: string): readonly Backfill[] {
    return this.#sql.all(SHARD_SQL.backfillsOfJob, jobId).map(backfillOf);
  }

  deleteBackfill(backfillId: string): void {
    this.#sql.run(SHARD_SQL.deleteBackfill, backfillId);
  }
}

// Bodies are parsed unchecked: this class alone writes them, each from a value of the same type.

function jobOf(row: SqlRow): Job {
  return JSON.parse(text(row, "body"));
}

function tickOf(row: SqlRow): Tick {
  return JSON.parse(text(row, "body"));
}

function backfillOf(row: SqlRow): Backfill {
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
    priority: whole(row, "priority"),
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
