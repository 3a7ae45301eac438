import type { StepRow } from "../core/workflow-run.ts";
import type { Sql, SqlRow, SqlValue, StepPlace } from "../ports/shard-storage.ts";
import { isLong, rowsInPage, type LongRows } from "./long-rows.ts";
import { rowText } from "./row-text.ts";
import { WORKFLOW_SQL } from "./workflow-statements.ts";

export const STEP_JOURNAL_LIMITS = {
  /** So many steps that change in one transaction are one row of the journal; fewer are rows of their own. */
  changesMin: 8,
  /** A longer row always stands by itself. */
  rowCharsMax: 16_384,
  /** Characters in one row of the journal, which so stays below the 2 MB of a Durable Object's row. */
  charsPerBatch: 400_000,
  /** Rows of the journal, and characters in all of them; then every step goes where it belongs. */
  batchesMax: 64,
  charsMax: 4_000_000,
} as const;

/**
 * The steps of a shard's workflow runs. They lie by their run, so that steps of many runs that change in one
 * transaction would cost a page each: together they are one row of a journal instead, and go to their places later,
 * when many of each run have come together and fill its pages. The newest state of a step is what the journal says of
 * it, and that is held in memory, too. Whoever asks for more than one step finds all of them in their places.
 */
export class StepRows {
  readonly #sql: Sql;
  readonly #long: LongRows;
  readonly #pending = new Map<string, StepRow>();
  readonly #journaled = new Map<string, StepRow>();
  #batches = 0;
  #chars = 0;
  #isLoaded = false;

  constructor(sql: Sql, long: LongRows) {
    this.#sql = sql;
    this.#long = long;
  }

  /** To be written when the transaction is about to be committed. */
  put(row: StepRow): void {
    this.#pending.set(stepKey(row), row);
  }

  get(place: StepPlace): StepRow | undefined {
    this.#load();
    const key = stepKey(place);
    const known = this.#pending.get(key) ?? this.#journaled.get(key);
    if (known !== undefined) return known;
    const { workflowRun, step, part } = place;
    return this.#sql.all(WORKFLOW_SQL.getStep, workflowRun, step, part).map(this.#stepOf)[0];
  }

  /** The rows of one run that sort after a place. Writes, so it needs a transaction. */
  after({ workflowRun, step, part }: StepPlace, limit: number): readonly StepRow[] {
    this.#settle();
    const from: readonly SqlValue[] = [workflowRun, step, part];
    // The first statement tells how long the rows are, so that the second reads no more than memory bears.
    const count = rowsInPage(this.#sql.all(WORKFLOW_SQL.stepSizes, ...from, limit));
    return count === 0 ? [] : this.#sql.all(WORKFLOW_SQL.steps, ...from, count).map(this.#stepOf);
  }

  /** Writes, so it needs a transaction. */
  placesAfter({ workflowRun, step, part }: StepPlace, limit: number): readonly StepPlace[] {
    this.#settle();
    return this.#sql.all(WORKFLOW_SQL.stepPlaces, workflowRun, step, part, limit).map(placeOf);
  }

  /** Deletes at most `stepsMax` rows of a run that ends here, and returns how many. */
  deleteOf(workflowRun: string, stepsMax: number): number {
    this.#settle();
    const { deleteSteps } = WORKFLOW_SQL;
    const deleted = this.#sql.all(deleteSteps, workflowRun, workflowRun, stepsMax);
    for (const row of deleted) {
      const [step, part] = [Number(row["step"]), Number(row["part"])];
      if (isLong(row)) this.#long.delete(stepKey({ workflowRun, step, part }));
    }
    if (deleted.length < stepsMax) this.#long.deleteAll(stepsKey(workflowRun));
    return deleted.length;
  }

  /** Writes what is pending: the last act of a transaction. */
  flush(): void {
    if (this.#pending.size === 0) return;
    this.#load();
    const rows = [...this.#pending.values()];
    this.#pending.clear();
    const short = rows.filter((row) => rowText(row).length <= STEP_JOURNAL_LIMITS.rowCharsMax);
    const isJournal =
      short.length >= STEP_JOURNAL_LIMITS.changesMin || short.some(this.#isJournaled);
    const alone = isJournal ? rows.filter((row) => !short.includes(row)) : rows;
    // Else the journal would be taken for newer than the row.
    if (alone.some(this.#isJournaled)) this.#fold();
    for (const row of alone) this.#writeRow(row);
    if (isJournal) this.#journal(short);
  }

  /** Storage has rolled back: what memory holds may never have been. */
  rolledBack(): void {
    this.#pending.clear();
    this.#isLoaded = false;
  }

  readonly #isJournaled = (row: StepRow): boolean => this.#journaled.has(stepKey(row));

  #journal(rows: readonly StepRow[]): void {
    let texts: string[] = [];
    let chars = 0;
    for (const row of rows) {
      const text = rowText(row);
      if (chars + text.length > STEP_JOURNAL_LIMITS.charsPerBatch && texts.length > 0) {
        this.#writeBatch(texts);
        [texts, chars] = [[], 0];
      }
      texts.push(text);
      chars += text.length;
      this.#journaled.set(stepKey(row), row);
    }
    this.#writeBatch(texts);
    const { batchesMax, charsMax } = STEP_JOURNAL_LIMITS;
    if (this.#batches >= batchesMax || this.#chars >= charsMax) this.#fold();
  }

  #writeBatch(texts: readonly string[]): void {
    const body = `[${texts.join(",")}]`;
    this.#sql.run(WORKFLOW_SQL.putStepJournal, ++this.#batches, body);
    this.#chars += body.length;
  }

  #writeRow(row: StepRow): void {
    const text = rowText(row);
    const body = this.#long.put(stepKey(row), text);
    const { workflowRun, step, part } = row;
    this.#sql.run(WORKFLOW_SQL.putStep, workflowRun, step, part, text.length, body);
  }

  /** Everything into its place, what is pending too. */
  #settle(): void {
    this.#load();
    this.flush();
    this.#fold();
  }

  /** What the journal says goes where it belongs, run by run. */
  #fold(): void {
    if (this.#batches === 0) return;
    const rows = [...this.#journaled.values()].toSorted(inPlace);
    for (const row of rows) this.#writeRow(row);
    this.#sql.run(WORKFLOW_SQL.deleteStepJournal);
    this.#forgetJournal();
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#forgetJournal();
    for (const { body } of this.#sql.all(WORKFLOW_SQL.stepJournal)) {
      const text = String(body);
      // Written by `#writeBatch`.
      const rows: readonly StepRow[] = JSON.parse(text);
      for (const row of rows) this.#journaled.set(stepKey(row), row);
      this.#batches++;
      this.#chars += text.length;
    }
  }

  #forgetJournal(): void {
    this.#journaled.clear();
    this.#batches = 0;
    this.#chars = 0;
  }

  // The body is parsed unchecked: this class alone writes it.
  readonly #stepOf = (row: SqlRow): StepRow =>
    JSON.parse(this.#long.textOf(stepKey(placeOf(row)), row));
}

function inPlace(a: StepRow, b: StepRow): number {
  if (a.workflowRun !== b.workflowRun) return a.workflowRun < b.workflowRun ? -1 : 1;
  return a.step - b.step || a.part - b.part;
}

function stepsKey(workflowRunId: string): string {
  return `step:${workflowRunId}:`;
}

function stepKey({ workflowRun, step, part }: StepPlace): string {
  return `${stepsKey(workflowRun)}${step}:${part}`;
}

function placeOf(row: SqlRow): StepPlace {
  const [step, part] = [Number(row["step"]), Number(row["part"])];
  return { workflowRun: String(row["workflow_run"]), step, part };
}
