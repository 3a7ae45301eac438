import type { Run } from "../core/run.ts";
import type { Sql, SqlRow } from "../ports/shard-storage.ts";
import { runText } from "./row-text.ts";
import {
  changeText,
  isHeavy,
  JOURNAL_LIMITS,
  newerThan,
  readBatch,
  type Batch,
  type JournalLimits,
  type RunChange,
} from "./run-journal.ts";
import { SHARD_SQL } from "./shard-statements.ts";

/**
 * The runs of a shard, stored in two ways: as a row of its own, or in a journal, where all runs that one transaction
 * writes are one row. A herd is journaled: its runs live for a moment, so most of them are gone before they would have
 * needed a row. There a run is written whole once, and then only what changes. The newest state of a run is what was
 * written whole with the newest change laid over it; what the journal tells of it is also held in memory, so the
 * journal is read only at a start and after a rollback.
 *
 * A row of the journal goes when everything in it is told elsewhere. As long as it stays, it may speak of runs that
 * were deleted: then a later row says that they are gone.
 */
export class RunRows {
  readonly #sql: Sql;
  readonly #limits: JournalLimits;
  readonly #pending = new Map<string, Run>();
  /** Runs that have a row of their own. */
  readonly #rows = new Set<string>();
  /** Runs whose newest state is told by the journal: all that have no row, and others. */
  readonly #newest = new Map<string, { readonly run: Run; readonly batch: Batch }>();
  /** Where the journal has a run whole. */
  readonly #whole = new Map<string, Batch>();
  /** By their number, oldest first. */
  readonly #batches = new Map<number, Batch>();
  #chars = 0;
  /** Deleted runs of which a batch may still speak, with the newest batch of that time. */
  readonly #gone = new Map<string, number>();
  /** Those of them that the journal has whole, deleted in this transaction. */
  readonly #buried = new Set<string>();
  #lastSeq = 0;
  #isLoaded = false;

  constructor(sql: Sql, limits: JournalLimits = JOURNAL_LIMITS) {
    this.#sql = sql;
    this.#limits = limits;
  }

  /** To be written when the transaction is about to be committed. */
  put(run: Run): void {
    this.#pending.set(run.id, run);
  }

  get(runId: string): Run | undefined {
    this.#load();
    const known = this.#pending.get(runId) ?? this.#newest.get(runId)?.run;
    return known ?? this.#sql.all(SHARD_SQL.getRun, runId).map(runOf)[0];
  }

  getMany(runIds: readonly string[]): readonly Run[] {
    this.#load();
    this.flush();
    const stored = this.#sql.all(SHARD_SQL.getRuns, JSON.stringify(runIds)).map(this.#newestOf);
    return [...stored, ...this.#rowless(new Set(runIds))];
  }

  after(afterId: string, limit: number): readonly Run[] {
    this.#load();
    this.flush();
    const stored = this.#sql.all(SHARD_SQL.runsAfter, afterId, limit).map(this.#newestOf);
    const journaled = this.#rowless(this.#newest.keys()).filter(({ id }) => id > afterId);
    if (journaled.length === 0) return stored;
    return [...stored, ...journaled].toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  delete(runId: string): void {
    this.#load();
    this.#pending.delete(runId);
    if (this.#rows.delete(runId)) this.#sql.run(SHARD_SQL.deleteRun, runId);
    else if (this.#newest.has(runId)) this.#letGo(this.#whole.get(runId));
    else return;
    this.#release(runId);
    if (this.#batches.size === 0) return;
    this.#gone.set(runId, this.#lastSeq);
    if (this.#whole.delete(runId)) this.#buried.add(runId);
  }

  /** Writes what is pending: the last act of a transaction. */
  flush(): void {
    if (this.#pending.size + this.#buried.size === 0) return;
    this.#load();
    const runs = [...this.#pending.values()];
    this.#pending.clear();
    // A run of the same id must not be taken for one that is gone.
    if (this.#gone.size > 0 && runs.some(({ id }) => this.#gone.has(id))) this.#foldAll();
    const isHerd = runs.length >= this.#limits.runsMin;
    const journaled: Run[] = [];
    for (const run of runs)
      if (this.#isForJournal(run, isHerd)) journaled.push(run);
      else this.#writeRow(run);
    if (journaled.length > 0) this.#writeRuns(journaled);
    this.#writeGone();
  }

  /** Storage has rolled back: what memory holds may never have been. */
  rolledBack(): void {
    this.#pending.clear();
    this.#isLoaded = false;
  }

  /** A new run that waits will wait for long, and a heavy one is better written once only. */
  #isForJournal(run: Run, isHerd: boolean): boolean {
    if (this.#isKnown(run.id)) return isHerd || isHeavy(run);
    return isHerd && run.phase.state === "dispatching" && !isHeavy(run);
  }

  #isKnown(runId: string): boolean {
    return this.#rows.has(runId) || this.#newest.has(runId);
  }

  #writeRow(run: Run): void {
    this.#sql.run(SHARD_SQL.putRun, run.id, runText(run));
    const isFirst = !this.#rows.has(run.id);
    this.#rows.add(run.id);
    if (isFirst) this.#letGo(this.#whole.get(run.id));
    this.#release(run.id);
  }

  #writeRuns(runs: readonly Run[]): void {
    let [texts, from, chars]: [string[], number, number] = [[], 0, 0];
    for (const [i, run] of runs.entries()) {
      const text = this.#isKnown(run.id) ? changeText(run) : runText(run);
      chars += text.length;
      if (chars > this.#limits.charsPerBatch && texts.length > 0) {
        this.#writeBatch(runs.slice(from, i), texts);
        [texts, from, chars] = [[], i, text.length];
      }
      texts.push(text);
    }
    this.#writeBatch(runs.slice(from), texts);
    const { batchesMax, charsMax } = this.#limits;
    for (const oldest of this.#batches.values()) {
      if (this.#batches.size <= batchesMax && this.#chars <= charsMax) break;
      this.#fold(oldest);
    }
  }

  #writeBatch(runs: readonly Run[], texts: readonly string[]): void {
    const ids = runs.map(({ id }) => id);
    const batch = this.#append(ids, `[${texts.join(",")}]`, false);
    for (const run of runs) {
      const earlier = this.#newest.get(run.id);
      if (earlier === undefined && !this.#rows.has(run.id)) this.#hold(run.id, batch);
      batch.live++;
      // In its place: a map that entries leave and come back to is built anew all the time.
      this.#newest.set(run.id, { run, batch });
      this.#letGo(earlier?.batch);
    }
  }

  /** So that no row of the journal brings them back at a start. */
  #writeGone(): void {
    if (this.#buried.size === 0) return;
    const ids = [...this.#buried];
    this.#buried.clear();
    if (this.#batches.size > 0) this.#append([], JSON.stringify({ gone: ids }), true);
  }

  #append(ids: readonly string[], body: string, isOfGone: boolean): Batch {
    const seq = ++this.#lastSeq;
    this.#sql.run(SHARD_SQL.putJournal, seq, body);
    return this.#remember({ seq, ids, chars: body.length, isOfGone, live: 0 });
  }

  #remember(batch: Batch): Batch {
    this.#batches.set(batch.seq, batch);
    this.#chars += batch.chars;
    return batch;
  }

  /** This batch has the run whole: where the run has no row, nothing else has. */
  #hold(runId: string, batch: Batch): void {
    this.#whole.set(runId, batch);
    if (!this.#rows.has(runId)) batch.live++;
  }

  /** Another row tells the newest state of this run now, or none does. */
  #release(runId: string): void {
    const batch = this.#newest.get(runId)?.batch;
    this.#newest.delete(runId);
    this.#letGo(batch);
  }

  #letGo(batch: Batch | undefined): void {
    if (batch === undefined) return;
    batch.live--;
    if (batch.live === 0) this.#drop(batch);
  }

  /** Writes what only this batch tells into the runs' own rows, and drops it. */
  #fold(batch: Batch): void {
    for (const id of batch.ids) {
      const newest = this.#newest.get(id);
      const isWhole = this.#whole.get(id) === batch && !this.#rows.has(id);
      if (newest !== undefined && (isWhole || newest.batch === batch)) this.#writeRow(newest.run);
    }
    this.#drop(batch);
  }

  #foldAll(): void {
    for (const batch of this.#batches.values()) this.#fold(batch);
    this.#buried.clear();
  }

  #drop(batch: Batch): void {
    if (!this.#batches.delete(batch.seq)) return;
    this.#chars -= batch.chars;
    for (const id of batch.ids) if (this.#whole.get(id) === batch) this.#whole.delete(id);
    this.#sql.run(SHARD_SQL.deleteJournal, batch.seq);
    const [oldest] = this.#batches.values();
    // Nothing before it speaks of those that are gone.
    if (oldest?.isOfGone === true) this.#drop(oldest);
    else this.#forgetGone(oldest?.seq ?? Number.POSITIVE_INFINITY);
  }

  /** Once every batch is younger than a deletion, none of them speaks of what was deleted. */
  #forgetGone(oldestSeq: number): void {
    for (const [id, seq] of this.#gone) {
      if (seq >= oldestSeq) return;
      this.#gone.delete(id);
    }
  }

  #rowless(runIds: Iterable<string>): readonly Run[] {
    const runs: Run[] = [];
    for (const id of runIds) {
      const run = this.#rows.has(id) ? undefined : this.#newest.get(id)?.run;
      if (run !== undefined) runs.push(run);
    }
    return runs;
  }

  readonly #newestOf = (row: SqlRow): Run => {
    const run = runOf(row);
    return this.#newest.get(run.id)?.run ?? run;
  };

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    for (const each of [this.#rows, this.#newest, this.#whole]) each.clear();
    for (const each of [this.#batches, this.#gone, this.#buried]) each.clear();
    this.#chars = 0;
    for (const { id } of this.#sql.all(SHARD_SQL.runIds)) this.#rows.add(String(id));
    for (const row of this.#sql.all(SHARD_SQL.journal)) this.#loadBatch(row);
  }

  #loadBatch(row: SqlRow): void {
    const [seq, body] = [Number(row["seq"]), String(row["body"])];
    const { runs, gone } = readBatch(body);
    this.#lastSeq = seq;
    const ids = runs.map(({ id }) => id);
    const isOfGone = gone.length > 0;
    const batch = this.#remember({ seq, ids, chars: body.length, isOfGone, live: 0 });
    const rows = this.#sql.all(SHARD_SQL.getRuns, JSON.stringify(ids)).map(runOf);
    const stored = new Map(rows.map((run) => [run.id, run]));
    for (const told of runs) this.#loadRun(told, stored.get(told.id), batch);
    for (const id of gone) this.#loadGone(id, seq);
  }

  #loadRun(told: Run | RunChange, stored: Run | undefined, batch: Batch): void {
    const { id } = told;
    const earlier = this.#newest.get(id);
    const run = earlier?.run ?? stored;
    if ("order" in told) this.#hold(id, batch);
    else if (run === undefined) this.#gone.set(id, batch.seq);
    const newest = newerThan(run, told);
    if (newest === undefined) return;
    if (earlier !== undefined) earlier.batch.live--;
    batch.live++;
    this.#newest.set(id, { run: newest, batch });
  }

  #loadGone(id: string, seq: number): void {
    const whole = this.#whole.get(id);
    if (whole !== undefined && !this.#rows.has(id)) whole.live--;
    this.#whole.delete(id);
    const newest = this.#newest.get(id);
    if (newest !== undefined) newest.batch.live--;
    this.#newest.delete(id);
    this.#gone.set(id, seq);
  }
}

function runOf(row: SqlRow): Run {
  return JSON.parse(String(row["body"]));
}
