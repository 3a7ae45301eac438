import type { Run } from "../core/run.ts";
import type { Sql, SqlRow } from "../ports/shard-storage.ts";
import { rowText, runText } from "./row-text.ts";
import { SHARD_SQL } from "./shard-statements.ts";

export const JOURNAL_LIMITS = {
  /** So many changed runs in one transaction are one row of the journal; fewer are rows of their own. */
  changesMin: 8,
  /** A run whose order has so many characters is not written anew for a change, however few change. */
  orderCharsMin: 32_768,
  /** Characters in one row of the journal, which so stays below the 2 MB of a Durable Object's row. */
  charsPerBatch: 400_000,
  /** Rows of the journal; beyond, what the oldest still tells is written where it belongs. */
  batchesMax: 64,
} as const;

/** What changes in the life of a run, as the journal keeps it. The rest of its row stays as it was first written. */
type StoredChange = Pick<Run, "id" | "version" | "phase" | "attempts" | "startedMs"> &
  Partial<Pick<Run, keyof typeof NOTHING>>;

/** One row of the journal. */
interface Batch {
  readonly seq: number;
  readonly ids: readonly string[];
  /** Runs whose newest state it tells. */
  live: number;
}

/**
 * The runs of a shard, stored in two ways. A run has a row of its own from its first write to its deletion.
 * When many runs change in one transaction, as in a herd, or one that was told much, their changes are written
 * together as one row of a journal instead: what a run is told to do is two thirds of its row, and never
 * changes. The newest state of a run is its row with the newest change laid over it. What the journal tells is
 * also held in memory, so it is read only at a start and after a rollback.
 */
export class RunRows {
  readonly #sql: Sql;
  readonly #pending = new Map<string, Run>();
  readonly #ids = new Set<string>();
  /** Runs whose newest state is told by the journal. */
  readonly #changed = new Map<string, { readonly run: Run; readonly batch: Batch }>();
  /** By their number, oldest first. */
  readonly #batches = new Map<number, Batch>();
  /**
   * Deleted runs that a batch may still speak of, with the newest batch of that time: a run of the same id
   * must not be taken for them.
   */
  readonly #gone = new Map<string, number>();
  #lastSeq = 0;
  #isLoaded = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** To be written when the transaction is about to be committed. */
  put(run: Run): void {
    this.#pending.set(run.id, run);
  }

  get(runId: string): Run | undefined {
    this.#load();
    const known = this.#pending.get(runId) ?? this.#changed.get(runId)?.run;
    return known ?? this.#sql.all(SHARD_SQL.getRun, runId).map(runOf)[0];
  }

  getMany(runIds: readonly string[]): readonly Run[] {
    this.#load();
    this.flush();
    return this.#sql.all(SHARD_SQL.getRuns, JSON.stringify(runIds)).map(this.#newest);
  }

  after(afterId: string, limit: number): readonly Run[] {
    this.#load();
    this.flush();
    return this.#sql.all(SHARD_SQL.runsAfter, afterId, limit).map(this.#newest);
  }

  delete(runId: string): void {
    this.#load();
    this.#pending.delete(runId);
    if (!this.#ids.delete(runId)) return;
    this.#sql.run(SHARD_SQL.deleteRun, runId);
    this.#release(runId);
    if (this.#batches.size > 0) this.#gone.set(runId, this.#lastSeq);
  }

  /** Writes what is pending: the last act of a transaction. */
  flush(): void {
    if (this.#pending.size === 0) return;
    this.#load();
    const runs = [...this.#pending.values()];
    this.#pending.clear();
    const changed = runs.filter(({ id }) => this.#ids.has(id));
    const isHerd = changed.length >= JOURNAL_LIMITS.changesMin;
    const journaled = new Set(isHerd ? changed : changed.filter(isHeavy));
    for (const run of runs) if (!journaled.has(run)) this.#writeRow(run);
    if (journaled.size > 0) this.#writeChanges([...journaled]);
  }

  /** Storage has rolled back: what memory holds may never have been. */
  rolledBack(): void {
    this.#pending.clear();
    this.#isLoaded = false;
  }

  #writeRow(run: Run): void {
    if (this.#gone.has(run.id)) for (const batch of this.#batches.values()) this.#fold(batch);
    this.#sql.run(SHARD_SQL.putRun, run.id, runText(run));
    this.#ids.add(run.id);
    this.#release(run.id);
  }

  #writeChanges(runs: readonly Run[]): void {
    let [texts, from, chars]: [string[], number, number] = [[], 0, 0];
    for (const [i, run] of runs.entries()) {
      const text = changeText(run);
      chars += text.length;
      if (chars > JOURNAL_LIMITS.charsPerBatch && texts.length > 0) {
        this.#writeBatch(runs.slice(from, i), texts);
        [texts, from, chars] = [[], i, text.length];
      }
      texts.push(text);
    }
    this.#writeBatch(runs.slice(from), texts);
  }

  #writeBatch(runs: readonly Run[], texts: readonly string[]): void {
    const seq = ++this.#lastSeq;
    this.#sql.run(SHARD_SQL.putJournal, seq, `[${texts.join(",")}]`);
    const batch: Batch = { seq, ids: runs.map(({ id }) => id), live: runs.length };
    this.#batches.set(seq, batch);
    for (const run of runs) {
      this.#release(run.id);
      this.#changed.set(run.id, { run, batch });
    }
    for (const oldest of this.#batches.values()) {
      if (this.#batches.size <= JOURNAL_LIMITS.batchesMax) break;
      this.#fold(oldest);
    }
  }

  /** Another row tells the newest state of this run now. */
  #release(runId: string): void {
    const batch = this.#changed.get(runId)?.batch;
    if (batch === undefined) return;
    this.#changed.delete(runId);
    batch.live--;
    if (batch.live === 0) this.#fold(batch);
  }

  /** Writes what only this batch tells into the runs' own rows, and drops it. */
  #fold(batch: Batch): void {
    this.#batches.delete(batch.seq);
    for (const id of batch.ids) {
      const change = this.#changed.get(id);
      if (change?.batch !== batch) continue;
      this.#changed.delete(id);
      this.#sql.run(SHARD_SQL.putRun, id, runText(change.run));
    }
    this.#sql.run(SHARD_SQL.deleteJournal, batch.seq);
    this.#forgetGone();
  }

  /** Once every batch is younger than a deletion, none of them speaks of what was deleted. */
  #forgetGone(): void {
    const [oldest = Number.POSITIVE_INFINITY] = this.#batches.keys();
    for (const [id, seq] of this.#gone) {
      if (seq >= oldest) return;
      this.#gone.delete(id);
    }
  }

  readonly #newest = (row: SqlRow): Run => {
    const run = runOf(row);
    return this.#changed.get(run.id)?.run ?? run;
  };

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    for (const memory of [this.#ids, this.#changed, this.#batches, this.#gone]) memory.clear();
    for (const { id } of this.#sql.all(SHARD_SQL.runIds)) this.#ids.add(String(id));
    for (const row of this.#sql.all(SHARD_SQL.journal)) this.#loadBatch(row);
  }

  #loadBatch(row: SqlRow): void {
    const seq = Number(row["seq"]);
    // Written by `#writeBatch`.
    const changes: readonly StoredChange[] = JSON.parse(String(row["body"]));
    const ids = changes.map(({ id }) => id);
    const rows = this.#sql.all(SHARD_SQL.getRuns, JSON.stringify(ids)).map(runOf);
    const stored = new Map(rows.map((run) => [run.id, run]));
    const batch: Batch = { seq, ids, live: 0 };
    this.#lastSeq = seq;
    this.#batches.set(seq, batch);
    for (const change of changes) {
      const earlier = this.#changed.get(change.id);
      const run = earlier?.run ?? stored.get(change.id);
      if (run === undefined) this.#gone.set(change.id, seq);
      if (run === undefined || run.version >= change.version) continue;
      if (earlier !== undefined) earlier.batch.live--;
      batch.live++;
      this.#changed.set(change.id, { run: { ...run, ...NOTHING, ...change }, batch });
    }
  }
}

/** A sharded run holds all items, and changes with each slice that ends. */
function isHeavy({ order }: Run): boolean {
  return rowText(order).length >= JOURNAL_LIMITS.orderCharsMin;
}

/** What a run has not come to is left out: most of it, most of the time. */
function changeText(run: Run): string {
  const { id, version, phase, attempts, startedMs } = run;
  const { result, resultTruncated, error, cancelReason, cancelRequestedMs, progress, tally } = run;
  return JSON.stringify({
    id,
    version,
    phase,
    attempts,
    startedMs,
    result: result ?? undefined,
    resultTruncated: resultTruncated || undefined,
    error: error ?? undefined,
    cancelReason: cancelReason ?? undefined,
    cancelRequestedMs: cancelRequestedMs ?? undefined,
    progress: progress ?? undefined,
    tally: tally ?? undefined,
  });
}

/** What stands for that which a change leaves out. */
const NOTHING = {
  result: null,
  resultTruncated: false,
  error: null,
  cancelReason: null,
  cancelRequestedMs: null,
  progress: null,
  tally: null,
} as const satisfies Partial<Run>;

function runOf(row: SqlRow): Run {
  return JSON.parse(String(row["body"]));
}
