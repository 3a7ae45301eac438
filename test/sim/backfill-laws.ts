import type { Backfill } from "../../src/core/backfill.ts";
import type { Run } from "../../src/core/run.ts";
import type { Commit, History } from "./history.ts";
import { hold } from "./scene.ts";
import { scheduleModel, type ScheduleModel } from "./schedule-model.ts";

const MINUTE_MS = 60_000;

/** What is known of one backfill from the rows it left, and from the runs it made. */
export class BackfillStory {
  readonly model: ScheduleModel;
  /** When each of its runs was made. */
  readonly madeAtMs: number[] = [];
  lastNominalMs: number;
  #row: Backfill;
  #isGone = false;

  constructor(row: Backfill, nearMs: number) {
    this.#row = row;
    this.model = scheduleModel(row.schedule, { nearMs, calendar: row.calendar ?? undefined });
    this.lastNominalMs = row.fromMs - 1;
  }

  get row(): Backfill {
    return this.#row;
  }

  /** Its job was deleted, or it ended long ago. */
  get isGone(): boolean {
    return this.#isGone;
  }

  take(row: Backfill): void {
    this.#row = row;
  }

  drop(): void {
    this.#isGone = true;
  }

  /** The first open tick of the range after an instant. */
  openAfter(afterMs: number): number | undefined {
    for (let at = this.model.nextAfter(afterMs); at !== undefined; at = this.model.nextAfter(at)) {
      if (at >= this.#row.toMs) return undefined;
      if (!this.model.isClosed(at)) return at;
    }
    return undefined;
  }
}

const ENDS: ReadonlySet<Backfill["state"]> = new Set<Backfill["state"]>(["completed", "canceled"]);

export function takeBackfill(history: History, commit: Commit, row: Backfill): void {
  const { scene } = history;
  scene.note(`stores: backfill ${row.id} v${row.version} ${row.state} ${row.made} made`);
  scene.reach(`backfill: ${row.state}`);
  const known = history.backfills.get(row.id);
  if (known === undefined) {
    begin(history, commit, row);
    return;
  }
  const was = known.row;
  const said = (): string => `${JSON.stringify(was)} to ${JSON.stringify(row)}`;
  hold("B1 ended stays", !ENDS.has(was.state) || countsOnly(was, row), said);
  hold("B1 versions rise", row.version >= was.version, said);
  for (const count of COUNTS) hold("B2 progress never falls", row[count] >= was[count], said);
  const decided = row.made + row.skipped;
  hold("B2 no more than the range has", decided <= row.total, said);
  hold("B2 only skip skips", row.overlap === "skip" || row.skipped === 0, said);
  if (row.skipped > was.skipped) scene.reach("backfill: skips a tick");
  if (was.state === "paused" && row.state === "running") scene.reach("backfill: resumed");
  if (row.state === "completed") {
    hold("B2 completed with every tick", decided === row.total, said);
    hold("B2 completed with every run", endedOf(row) === row.made, said);
  }
  known.take(row);
}

export function dropBackfill(history: History, id: string): void {
  history.backfills.get(id)?.drop();
}

const COUNTS = ["made", "skipped", "succeeded", "failed", "canceled"] as const;

function endedOf({ succeeded, failed, canceled }: Backfill): number {
  return succeeded + failed + canceled;
}

/** The runs of a canceled backfill may end after it. */
function countsOnly(was: Backfill, row: Backfill): boolean {
  return was.state === row.state && was.made === row.made && was.skipped === row.skipped;
}

function begin(history: History, { shard }: Commit, row: Backfill): void {
  const job = history.jobs.get(row.jobId);
  const story = new BackfillStory(row, history.scene.options.startMs);
  history.backfills.set(row.id, story);
  const said = (): string => JSON.stringify(row);
  hold("B3 a backfill has a job", job?.isDeleted === false, said);
  const { calendarName } = job ?? {};
  const calendar = history.calendars.find(shard, calendarName);
  const isNow = row.calendar?.version === calendar?.version;
  hold("B3 the calendar is the one of its time", isNow, said);
  let total = 0;
  for (let at = story.openAfter(row.fromMs - 1); at !== undefined; at = story.openAfter(at))
    total++;
  hold("B2 the total is right", row.total === total, () => `${total} in ${said()}`);
}

/** A run of a backfill is the next open tick of its range, in time with its rate. */
export function checkBackfillRun(history: History, run: Run, nowMs: number): void {
  if (run.trigger.kind !== "backfill") return;
  const story = history.backfills.get(run.trigger.backfill);
  const said = (): string => `${run.id} at ${run.nominalMs} of ${JSON.stringify(story?.row)}`;
  hold("B3 a run has its backfill", story?.isGone === false, said);
  if (story === undefined) return;
  hold("B1 none after its end", story.row.state === "running", said);
  const next = story.openAfter(story.lastNominalMs);
  const isNext = next === run.nominalMs;
  const isOpen = story.model.isTick(run.nominalMs) && !story.model.isClosed(run.nominalMs);
  const isLater = run.nominalMs > story.lastNominalMs && run.nominalMs < story.row.toMs;
  const isSkipping = story.row.overlap === "skip";
  hold("B2 each tick once, in order", isSkipping ? isOpen && isLater : isNext, said);
  story.lastNominalMs = run.nominalMs;
  story.madeAtMs.push(nowMs);
  if (history.scene.options.faults.clockSteps === 0) checkRate(story, nowMs);
}

/** Over no stretch of time more than the rate gives to it and to one second more. */
function checkRate({ row, madeAtMs }: BackfillStory, nowMs: number): void {
  for (const spanMs of [1_000, MINUTE_MS]) {
    const most = (row.rate * (spanMs + 1_000)) / MINUTE_MS + 1;
    const made = madeAtMs.filter((at) => at > nowMs - spanMs && at <= nowMs).length;
    hold("B4 the rate is kept", made <= most, () => `${made} in ${spanMs} ms: ${row.id}`);
  }
}

/** What a transaction left: the rows of backfills count the runs that it made and ended. */
export function checkProgress(history: History, { changes }: Commit): void {
  for (const change of changes) {
    if (change.kind !== "run" || change.run.trigger.kind !== "backfill") continue;
    const story = history.backfills.get(change.run.trigger.backfill);
    if (story === undefined || story.isGone) continue;
    const { row, madeAtMs } = story;
    hold("B2 runs are counted", row.made === madeAtMs.length, () => JSON.stringify(row));
    const live = liveRunsOf(history, row);
    const isCounted = row.made - endedOf(row) === live;
    hold("B2 ends are counted", isCounted, () => `${live} live of ${JSON.stringify(row)}`);
  }
}

function liveRunsOf(history: History, { id, jobId }: Backfill): number {
  let live = 0;
  for (const { row } of history.jobs.get(jobId)?.live.values() ?? [])
    if (row.trigger.kind === "backfill" && row.trigger.backfill === id) live++;
  return live;
}
