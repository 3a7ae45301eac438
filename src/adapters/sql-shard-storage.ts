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
  WorkflowStorage as Workflows,
} from "../ports/shard-storage.ts";
import { IdempotencyRows } from "./idempotency-rows.ts";
import { rowText } from "./row-text.ts";
import { RunRows } from "./run-rows.ts";
import {
  backfillOf,
  count,
  directoryCopy,
  dueEntry,
  jobOf,
  outboxEntry,
  text,
  tickOf,
  whole,
} from "./shard-row-values.ts";
import { upgradeShardSchema } from "./shard-schema.ts";
import { SHARD_SQL } from "./shard-statements.ts";
import { SqlWorkflowStorage } from "./sql-workflow-storage.ts";

/** A shard's storage in SQLite: Durable Object or file. Making it creates or upgrades the tables. */
export class SqlShardStorage implements ShardStorage {
  readonly #sql: Sql;
  readonly #runs: RunRows;
  readonly #workflows: SqlWorkflowStorage;
  readonly #idempotency: IdempotencyRows;
  #isInTransaction = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    upgradeShardSchema(sql);
    this.#runs = new RunRows(sql);
    this.#workflows = new SqlWorkflowStorage(sql);
    this.#idempotency = new IdempotencyRows(sql);
  }

  transaction<T>(work: () => T): T {
    assert(!this.#isInTransaction, "transactions of a shard do not nest");
    this.#isInTransaction = true;
    try {
      return this.#sql.transaction(() => {
        const value = work();
        this.#runs.flush();
        this.#workflows.flush();
        return value;
      });
    } catch (error) {
      this.#runs.rolledBack();
      this.#workflows.rolledBack();
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
    return this.#sql.all(SHARD_SQL.earliestDue).map((row) => whole(row, "due_ms"))[0];
  }

  countDue(): number {
    return count(this.#sql.all(SHARD_SQL.countDue));
  }

  putRun(run: Run): void {
    this.#atomic(() => this.#runs.put(run));
  }

  getRun(runId: string): Run | undefined {
    return this.#runs.get(runId);
  }

  getRuns(runIds: readonly string[]): readonly Run[] {
    return this.#runs.getMany(runIds);
  }

  deleteRun(runId: string): void {
    this.#atomic(() => this.#runs.delete(runId));
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
    this.#atomic(() => this.#idempotency.put(entry));
  }

  getIdempotency(key: string): IdempotencyEntry | undefined {
    return this.#idempotency.get(key);
  }

  purgeIdempotency(nowMs: number, limit: number): number {
    return this.#atomic(() => this.#idempotency.purge(nowMs, limit));
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
    this.#sql.run(SHARD_SQL.putBackfill, backfill.id, backfill.jobId, JSON.stringify(backfill));
  }

  getBackfill(id: string): Backfill | undefined {
    return this.#sql.all(SHARD_SQL.getBackfill, id).map(backfillOf)[0];
  }

  backfillsOfJob(jobId: string): readonly Backfill[] {
    return this.#sql.all(SHARD_SQL.backfillsOfJob, jobId).map(backfillOf);
  }

  deleteBackfill(backfillId: string): void {
    this.#sql.run(SHARD_SQL.deleteBackfill, backfillId);
  }

  // What is about workflows lies in a class of its own.
  readonly putWorkflow: Workflows["putWorkflow"] = (workflow) =>
    this.#atomic(() => this.#workflows.putWorkflow(workflow));
  readonly restoreWorkflowVersion: Workflows["restoreWorkflowVersion"] = (workflow) =>
    this.#atomic(() => this.#workflows.restoreWorkflowVersion(workflow));
  readonly getWorkflow: Workflows["getWorkflow"] = (id) => this.#workflows.getWorkflow(id);
  readonly getWorkflowByName: Workflows["getWorkflowByName"] = (...name) =>
    this.#workflows.getWorkflowByName(...name);
  readonly getWorkflowVersion: Workflows["getWorkflowVersion"] = (id, version) =>
    this.#workflows.getWorkflowVersion(id, version);
  readonly workflowVersions: Workflows["workflowVersions"] = (...page) =>
    this.#workflows.workflowVersions(...page);
  readonly workflowsAfter: Workflows["workflowsAfter"] = (...page) =>
    this.#workflows.workflowsAfter(...page);
  readonly deleteWorkflow: Workflows["deleteWorkflow"] = (id) =>
    this.#atomic(() => this.#workflows.deleteWorkflow(id));
  readonly deleteWorkflowVersion: Workflows["deleteWorkflowVersion"] = (id, version) =>
    this.#atomic(() => this.#workflows.deleteWorkflowVersion(id, version));
  readonly putWorkflowRun: Workflows["putWorkflowRun"] = (run) =>
    this.#atomic(() => this.#workflows.putWorkflowRun(run));
  readonly getWorkflowRun: Workflows["getWorkflowRun"] = (id) => this.#workflows.getWorkflowRun(id);
  readonly workflowRunsAfter: Workflows["workflowRunsAfter"] = (...page) =>
    this.#workflows.workflowRunsAfter(...page);
  readonly deleteWorkflowRun: Workflows["deleteWorkflowRun"] = (id, stepsMax) =>
    this.#atomic(() => this.#workflows.deleteWorkflowRun(id, stepsMax));
  readonly putStep: Workflows["putStep"] = (row) =>
    this.#atomic(() => this.#workflows.putStep(row));
  readonly getStep: Workflows["getStep"] = (...place) => this.#workflows.getStep(...place);
  readonly stepsAfter: Workflows["stepsAfter"] = (id, after, limit) =>
    this.#atomic(() => this.#workflows.stepsAfter(id, after, limit));
  readonly stepPlacesAfter: Workflows["stepPlacesAfter"] = (after, limit) =>
    this.#atomic(() => this.#workflows.stepPlacesAfter(after, limit));
  readonly putWorkflowEvent: Workflows["putWorkflowEvent"] = (event) =>
    this.#atomic(() => this.#workflows.putWorkflowEvent(event));
  readonly workflowEvents: Workflows["workflowEvents"] = (id) => this.#workflows.workflowEvents(id);
  readonly deleteWorkflowEvent: Workflows["deleteWorkflowEvent"] = (...event) =>
    this.#atomic(() => this.#workflows.deleteWorkflowEvent(...event));
  readonly putWorkflowOutbox: Workflows["putWorkflowOutbox"] = (entry) =>
    this.#atomic(() => this.#workflows.putWorkflowOutbox(entry));
  readonly workflowOutboxAfter: Workflows["workflowOutboxAfter"] = (after, limit) =>
    this.#workflows.workflowOutboxAfter(after, limit);
  readonly deleteWorkflowOutbox: Workflows["deleteWorkflowOutbox"] = (id, version) =>
    this.#atomic(() => this.#workflows.deleteWorkflowOutbox(id, version));
  readonly putErrand: Workflows["putErrand"] = (errand) =>
    this.#atomic(() => this.#workflows.putErrand(errand));
  readonly getErrand: Workflows["getErrand"] = (id) => this.#workflows.getErrand(id);
  readonly errandsAfter: Workflows["errandsAfter"] = (...page) =>
    this.#workflows.errandsAfter(...page);
  readonly deleteErrand: Workflows["deleteErrand"] = (id) =>
    this.#atomic(() => this.#workflows.deleteErrand(id));

  /** What writes several rows, or waits for the commit, is a transaction also where none is open. */
  #atomic<T>(work: () => T): T {
    return this.#isInTransaction ? work() : this.transaction(work);
  }
}
