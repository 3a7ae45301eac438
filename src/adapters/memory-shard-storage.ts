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
} from "../ports/shard-storage.ts";
import { MemoryWorkflowStorage } from "./memory-workflow-storage.ts";
import { byIdThenTime, byText, byTimeThenId, nameKey } from "./ordered-keys.ts";
import type { AtId } from "./ordered-keys.ts";
import { OrderedTable } from "./ordered-table.ts";

/**
 * A shard's storage in memory, for the simulator and for tests. It freezes what it is given instead of
 * copying it: a later change of a stored value throws where SQLite would not have seen it. What is about
 * workflows it inherits.
 */
export class MemoryShardStorage extends MemoryWorkflowStorage implements ShardStorage {
  readonly #meta = new OrderedTable<string, string>(byText, this.undoLog);
  readonly #jobs = new OrderedTable<string, Job>(byText, this.undoLog);
  readonly #jobsByName = new OrderedTable<string, Job>(byText, this.undoLog);
  readonly #due = new OrderedTable<AtId, DueEntry>(byTimeThenId, this.undoLog);
  readonly #runs = new OrderedTable<string, Run>(byText, this.undoLog);
  readonly #ticks = new OrderedTable<AtId, Tick>(byIdThenTime, this.undoLog);
  readonly #outbox = new OrderedTable<string, JobOutboxEntry>(byText, this.undoLog);
  readonly #idempotency = new OrderedTable<string, IdempotencyEntry>(byText, this.undoLog);
  readonly #copies = new OrderedTable<string, DirectoryCopy>(byText, this.undoLog);
  readonly #backfills = new OrderedTable<string, Backfill>(byText, this.undoLog);

  /** What a power cut would leave: every committed write, sharing nothing with what goes on here. */
  clone(): MemoryShardStorage {
    assert(!this.undoLog.isOpen, "a storage is cloned between transactions");
    const clone = new MemoryShardStorage();
    clone.#meta.copyFrom(this.#meta);
    clone.#jobs.copyFrom(this.#jobs);
    clone.#jobsByName.copyFrom(this.#jobsByName);
    clone.#due.copyFrom(this.#due);
    clone.#runs.copyFrom(this.#runs);
    clone.#ticks.copyFrom(this.#ticks);
    clone.#outbox.copyFrom(this.#outbox);
    clone.#idempotency.copyFrom(this.#idempotency);
    clone.#copies.copyFrom(this.#copies);
    clone.#backfills.copyFrom(this.#backfills);
    clone.copyWorkflowsFrom(this);
    return clone;
  }

  transaction<T>(work: () => T): T {
    return this.undoLog.transaction(work);
  }

  getMeta(key: string): string | undefined {
    return this.#meta.get(key);
  }

  putMeta(key: string, value: string): void {
    this.#meta.set(key, value);
  }

  putJob(job: Job): void {
    const name = nameKey(job.namespace, job.spec.name);
    const namesake = this.#jobsByName.get(name);
    assert(namesake === undefined || namesake.id === job.id, "the name of a job is unique");
    const isNew = this.#jobs.get(job.id) === undefined;
    assert(isNew || namesake !== undefined, "a job keeps its namespace and name");
    this.#jobs.set(job.id, job);
    this.#jobsByName.set(name, job);
  }

  getJob(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  getJobByName(namespace: string, name: string): Job | undefined {
    return this.#jobsByName.get(nameKey(namespace, name));
  }

  getJobs(jobIds: readonly string[]): readonly Job[] {
    return this.#jobs.getMany(jobIds);
  }

  deleteJob(jobId: string): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    this.#jobs.delete(jobId);
    this.#jobsByName.delete(nameKey(job.namespace, job.spec.name));
  }

  countJobs(): number {
    return this.#jobs.size;
  }

  jobsOfCalendar(namespace: string, name: string): readonly string[] {
    return this.#jobs
      .values()
      .filter((job) => job.namespace === namespace && calendarNameOf(job.spec.schedule) === name)
      .map((job) => job.id);
  }

  insertDue(entry: DueEntry): void {
    const key = { ms: entry.dueMs, id: entry.jobId };
    assert(this.#due.get(key) === undefined, "a due entry is inserted once");
    this.#due.set(key, entry);
  }

  moveDue(fromMs: number, entry: DueEntry): void {
    const from = { ms: fromMs, id: entry.jobId };
    const to = { ms: entry.dueMs, id: entry.jobId };
    if (this.#due.get(from) === undefined) return;
    const isFree = entry.dueMs === fromMs || this.#due.get(to) === undefined;
    assert(isFree, "a due entry moves to a free place");
    this.#due.delete(from);
    this.#due.set(to, entry);
  }

  deleteDue(dueMs: number, jobId: string): void {
    this.#due.delete({ ms: dueMs, id: jobId });
  }

  dueAt(dueMs: number, jobId: string): DueEntry | undefined {
    return this.#due.get({ ms: dueMs, id: jobId });
  }

  scanDue(jobId: string): DueEntry | undefined {
    return this.#due.values().find((entry) => entry.jobId === jobId);
  }

  dueBetween(range: Parameters<ShardStorage["dueBetween"]>[0]): readonly DueEntry[] {
    const { fromMs, beforeMs, after, limit } = range;
    const start = after !== null && after.dueMs >= fromMs ? after : { dueMs: fromMs, jobId: "" };
    return this.#due
      .after({ ms: start.dueMs, id: start.jobId }, limit)
      .filter((entry) => entry.dueMs < beforeMs);
  }

  earliestDueMs(): number | undefined {
    return this.#due.first()?.dueMs;
  }

  countDue(): number {
    return this.#due.size;
  }

  putRun(run: Run): void {
    this.#runs.set(run.id, run);
  }

  getRun(runId: string): Run | undefined {
    return this.#runs.get(runId);
  }

  getRuns(runIds: readonly string[]): readonly Run[] {
    return this.#runs.getMany(runIds);
  }

  deleteRun(runId: string): void {
    this.#runs.delete(runId);
  }

  runsAfter(afterId: string, limit: number): readonly Run[] {
    return this.#runs.after(afterId, limit);
  }

  putTick(tick: Tick): void {
    this.#ticks.set({ ms: tick.nominalMs, id: tick.jobId }, tick);
  }

  ticksAfter(after: Parameters<ShardStorage["ticksAfter"]>[0]): readonly Tick[] {
    const ticks = this.#ticks.after({ ms: after.nominalMs, id: after.jobId }, after.limit);
    return after.onlyThisJob ? ticks.filter((tick) => tick.jobId === after.jobId) : ticks;
  }

  deleteTick(jobId: string, nominalMs: number): void {
    this.#ticks.delete({ ms: nominalMs, id: jobId });
  }

  putJobOutbox(entry: JobOutboxEntry): void {
    this.#outbox.set(entry.jobId, entry);
  }

  jobOutboxAfter(afterJobId: string, limit: number): readonly JobOutboxEntry[] {
    return this.#outbox.after(afterJobId, limit);
  }

  getJobOutbox(jobId: string): JobOutboxEntry | undefined {
    return this.#outbox.get(jobId);
  }

  deleteJobOutbox(jobId: string, version: number): void {
    const entry = this.#outbox.get(jobId);
    if (entry !== undefined && entry.version <= version) this.#outbox.delete(jobId);
  }

  countJobOutbox(): number {
    return this.#outbox.size;
  }

  putIdempotency(entry: IdempotencyEntry): void {
    this.#idempotency.set(entry.key, entry);
  }

  getIdempotency(key: string): IdempotencyEntry | undefined {
    return this.#idempotency.get(key);
  }

  purgeIdempotency(nowMs: number, limit: number): number {
    // The sort is stable, so entries of one instant leave in the order of their keys.
    const purged = this.#idempotency
      .values()
      .filter((entry) => entry.expiresMs <= nowMs)
      .toSorted((a, b) => a.expiresMs - b.expiresMs)
      .slice(0, limit);
    for (const entry of purged) this.#idempotency.delete(entry.key);
    return purged.length;
  }

  putCopy(copy: DirectoryCopy): void {
    this.#copies.set(copy.key, copy);
  }

  getCopy(key: string): DirectoryCopy | undefined {
    return this.#copies.get(key);
  }

  copies(): readonly DirectoryCopy[] {
    return this.#copies.values();
  }

  deleteCopy(key: string): void {
    this.#copies.delete(key);
  }

  putBackfill(backfill: Backfill): void {
    const known = this.#backfills.get(backfill.id);
    assert(known === undefined || known.jobId === backfill.jobId, "a backfill keeps its job");
    this.#backfills.set(backfill.id, backfill);
  }

  getBackfill(backfillId: string): Backfill | undefined {
    return this.#backfills.get(backfillId);
  }

  backfillsOfJob(jobId: string): readonly Backfill[] {
    return this.#backfills.values().filter((backfill) => backfill.jobId === jobId);
  }

  deleteBackfill(backfillId: string): void {
    this.#backfills.delete(backfillId);
  }
}
