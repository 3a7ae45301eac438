import { TimingWheel } from "../core/wheel.ts";
import type { DueEntry, ShardStorage } from "../ports/shard-storage.ts";
import { ByPriority } from "./by-priority.ts";
import type { ShardLimits } from "./limits.ts";

interface Position {
  readonly dueMs: number;
  readonly jobId: string;
}

/**
 * The near future of the due table, in a timing wheel, and the jobs that are overdue.
 *
 * It is a cache: everything up to `#loaded` in the order of `(dueMs, jobId)` is here, everything beyond
 * waits in the table only. A crash costs one range scan.
 */
export class NearDue {
  readonly #storage: ShardStorage;
  readonly #limits: ShardLimits;
  readonly #wheel = new TimingWheel<string>();
  readonly #near = new Map<string, DueEntry>();
  /** Jobs whose time has come and that no transaction has handled yet, in the order they became due. */
  readonly #overdue = new ByPriority<DueEntry>();
  /** The same for workflow runs, apart: they need no slot, so they never queue behind what does. */
  readonly #expired = new Set<DueEntry>();
  #loaded: Position = { dueMs: Number.NEGATIVE_INFINITY, jobId: "" };
  /** When the first entry beyond `#loaded` is due; undefined when there is none. */
  #beyondMs: number | undefined;

  constructor(storage: ShardStorage, limits: ShardLimits) {
    this.#storage = storage;
    this.#limits = limits;
  }

  /** Reads the near future anew: after a start, and after a transaction that rolled back. */
  rebuild(nowMs: number): void {
    this.#wheel.clear();
    this.#near.clear();
    this.#overdue.clear();
    this.#expired.clear();
    this.#loaded = { dueMs: Number.NEGATIVE_INFINITY, jobId: "" };
    this.#beyondMs = this.#storage.earliestDueMs();
    this.advance(nowMs);
  }

  /** Moves entries whose time has come to the overdue ones, and reads further ahead when needed. */
  advance(nowMs: number): void {
    for (const jobId of this.#wheel.advance(nowMs)) {
      const entry = this.#near.get(jobId);
      if (entry !== undefined) this.#addOverdue(entry);
    }
    while (
      this.#beyondMs !== undefined &&
      this.#beyondMs <= nowMs + this.#limits.horizonMs / 2 &&
      this.#near.size < this.#limits.nearMax
    )
      this.#load(nowMs);
  }

  get overdue(): number {
    return this.#overdue.size;
  }

  /** Workflow runs whose time has come. */
  get expired(): number {
    return this.#expired.size;
  }

  /** The first of these, at most `limit`. They stay until `remove` or `put`. */
  peekExpired(limit: number): readonly DueEntry[] {
    return first(this.#expired, limit);
  }

  /** The priorities of overdue jobs, in no order. */
  priorities(): Iterable<number> {
    return this.#overdue.priorities();
  }

  /** The first overdue entries of a priority, at most `limit`. They stay overdue until `remove` or `put`. */
  peekOverdue(priority: number, limit: number): readonly DueEntry[] {
    return first(this.#overdue.at(priority), limit);
  }

  get(jobId: string): DueEntry | undefined {
    return this.#near.get(jobId);
  }

  /** Follows an insertion or a move in the table. */
  put(entry: DueEntry, nowMs: number): void {
    this.remove(entry.jobId);
    if (!this.#isLoaded(entry)) {
      this.#beyondMs = Math.min(this.#beyondMs ?? entry.dueMs, entry.dueMs);
      return;
    }
    this.#add(entry, nowMs);
  }

  /** Follows a deletion in the table. */
  remove(jobId: string): void {
    const entry = this.#near.get(jobId);
    if (entry === undefined) return;
    this.#near.delete(jobId);
    this.#overdue.delete(entry, entry.priority);
    this.#expired.delete(entry);
    this.#wheel.cancel(jobId);
  }

  /** When something here is due next, not counting what is overdue; undefined when nothing waits. */
  nextDueMs(): number | undefined {
    const nearMs = this.#wheel.nextDueMs();
    // Half a horizon early, so that what lies beyond is read before its time.
    const isFull = this.#near.size >= this.#limits.nearMax;
    const beyondMs =
      this.#beyondMs === undefined || isFull
        ? undefined
        : this.#beyondMs - this.#limits.horizonMs / 2;
    if (nearMs === undefined || beyondMs === undefined) return nearMs ?? beyondMs;
    return Math.min(nearMs, beyondMs);
  }

  #isLoaded({ dueMs, jobId }: Position): boolean {
    const { dueMs: loadedMs, jobId: loadedId } = this.#loaded;
    return dueMs < loadedMs || (dueMs === loadedMs && jobId <= loadedId);
  }

  #add(entry: DueEntry, nowMs: number): void {
    this.#near.set(entry.jobId, entry);
    if (entry.dueMs <= nowMs) this.#addOverdue(entry);
    else this.#wheel.insert(entry.jobId, entry.dueMs);
  }

  #addOverdue(entry: DueEntry): void {
    if (isOfWorkflowRun(entry)) this.#expired.add(entry);
    else this.#overdue.add(entry, entry.priority);
  }

  #load(nowMs: number): void {
    const room = Math.max(1, this.#limits.nearMax - this.#near.size);
    const limit = Math.min(room, LOAD_ROWS);
    const beforeMs = nowMs + this.#limits.horizonMs;
    const { dueMs: fromMs } = this.#loaded;
    const entries = this.#storage.dueBetween({
      fromMs: Math.max(fromMs, Number.MIN_SAFE_INTEGER),
      beforeMs,
      after: fromMs === Number.NEGATIVE_INFINITY ? null : this.#loaded,
      limit,
    });
    for (const entry of entries) this.#add(entry, nowMs);
    const last = entries.at(-1);
    this.#loaded =
      entries.length < limit || last === undefined
        ? { dueMs: Math.max(beforeMs - 1, fromMs), jobId: "\uffff" }
        : { dueMs: last.dueMs, jobId: last.jobId };
    this.#beyondMs = this.#storage.dueBetween({
      fromMs: Math.max(this.#loaded.dueMs, Number.MIN_SAFE_INTEGER),
      beforeMs: Number.MAX_SAFE_INTEGER,
      after: this.#loaded,
      limit: 1,
    })[0]?.dueMs;
  }
}

function first<T>(items: Iterable<T>, limit: number): readonly T[] {
  const found: T[] = [];
  for (const item of items) {
    if (found.length >= limit) break;
    found.push(item);
  }
  return found;
}

/** Whether a due entry belongs to a workflow run rather than to a job. */
function isOfWorkflowRun({ jobId }: DueEntry): boolean {
  return jobId.startsWith("wr_");
}

/** Rows read by one look into the table. */
const LOAD_ROWS = 5_000;
