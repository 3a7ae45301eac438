import type { CalendarCopy } from "../../src/core/calendar.ts";
import type { Job } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import { DelayStory } from "./delay-laws.ts";
import type { RunStory } from "./run-laws.ts";

export interface Moment {
  readonly nowMs: number;
  /** The latest that the shard's clock has ever shown. */
  readonly latestMs: number;
}

/**
 * A stretch of a job's life under one schedule and one version of its calendar. Ticks in
 * `(strictFromMs, strictToMs]` must be accounted for. Those in `(looseFromMs, looseToMs]` may be: after a
 * clock stepped back, ticks that it had shown before are accounted for already, under whichever schedule
 * held then.
 */
export interface Era {
  readonly schedule: Job["spec"]["schedule"];
  /** As its shard knew it; undefined when the schedule names none. */
  readonly calendar: CalendarCopy | undefined;
  readonly looseFromMs: number;
  readonly strictFromMs: number;
  looseToMs: number;
  strictToMs: number;
}

export interface BornRun {
  readonly run: Run;
  readonly nowMs: number;
  /** What held when it was planned: the row of the job may change after it in the same transaction. */
  readonly spec: Job["spec"];
}

/** The calendar that a job's schedule names. */
export function calendarNameOf({ spec }: Job): string | undefined {
  return "calendar" in spec.schedule ? spec.schedule.calendar?.name : undefined;
}

/** What is known of one job from the rows it left in storage. */
export class JobStory {
  readonly id: string;
  readonly shard: number;
  readonly eras: Era[] = [];
  /** Runs that ticks made in the transaction under way. */
  readonly bornRuns: BornRun[] = [];
  /** Runs of any cause that have not ended, but no slices: those count for nothing here. */
  readonly live = new Map<string, RunStory>();
  readonly liveSlices = new Map<string, RunStory>();
  /** What its next tick is counted from, when its schedule is a fixed delay. */
  readonly delay = new DelayStory();
  #row: Job;
  #isDeleted = false;
  #wasPaused = false;
  #pausedFromMs = Number.POSITIVE_INFINITY;
  /** In the transaction that ends a pause: how its ticks are caught up. */
  resumedBy: "skip" | "latest" | "all" | undefined;
  cursorMs = Number.NEGATIVE_INFINITY;

  constructor(
    job: Job,
    opened: Moment & { readonly shard: number; readonly calendar: CalendarCopy | undefined },
  ) {
    this.id = job.id;
    this.shard = opened.shard;
    this.#row = job;
    this.#open(job, opened.calendar, opened);
  }

  get row(): Job {
    return this.#row;
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  get wasPaused(): boolean {
    return this.#wasPaused;
  }

  /** The earliest that its shard's clock has shown while this pause lasted. */
  get pausedFromMs(): number {
    return this.#pausedFromMs;
  }

  get era(): Era | undefined {
    return this.eras.at(-1);
  }

  get calendarName(): string | undefined {
    return calendarNameOf(this.#row);
  }

  changed(job: Job, moment: Moment, calendar: CalendarCopy | undefined): void {
    // While it is paused, the job itself remembers its last tick.
    const pausedMs = this.#row.pause?.cursorMs ?? Number.NEGATIVE_INFINITY;
    const isRevived = this.#row.state === "ended" && job.state !== "ended";
    const isSame = JSON.stringify(this.#row.spec.schedule) === JSON.stringify(job.spec.schedule);
    this.#row = job;
    if (job.pause !== null) this.#wasPaused = true;
    const begunMs = Math.min(this.#pausedFromMs, job.pause?.sinceMs ?? 0, moment.nowMs);
    this.#pausedFromMs = job.pause === null ? Number.POSITIVE_INFINITY : begunMs;
    if (isSame && !isRevived) return;
    this.#close(moment);
    this.#open(job, calendar, moment);
    this.delay.alsoFrom(Math.max(moment.nowMs, pausedMs));
  }

  /** Its shard has taken a newer version of its calendar. A job that has ended stays so. */
  recalendared(calendar: CalendarCopy, moment: Moment): void {
    if (this.era?.calendar === calendar || this.#row.state === "ended") return;
    this.#close(moment);
    this.#open(this.#row, calendar, moment);
  }

  forgetResume(): void {
    this.resumedBy = undefined;
  }

  deleted(moment: Moment): void {
    this.#isDeleted = true;
    this.#close(moment);
  }

  /** The world ends: what must be accounted for up to now. */
  finish({ nowMs, latestMs, slackMs }: Moment & { readonly slackMs: number }): void {
    if (this.#isDeleted) return;
    const { pause } = this.#row;
    const untilMs = pause === null ? nowMs : Math.min(nowMs, pause.sinceMs);
    this.#close({ nowMs: untilMs - slackMs, latestMs });
  }

  #open(job: Job, calendar: CalendarCopy | undefined, { nowMs, latestMs }: Moment): void {
    const before = this.eras.at(-1)?.looseFromMs ?? Number.NEGATIVE_INFINITY;
    this.eras.push({
      schedule: job.spec.schedule,
      calendar,
      looseFromMs: Math.max(nowMs, before),
      strictFromMs: latestMs,
      looseToMs: Number.POSITIVE_INFINITY,
      strictToMs: Number.POSITIVE_INFINITY,
    });
    this.delay.begin([nowMs, Math.max(nowMs, this.cursorMs), job.updatedMs]);
  }

  #close({ nowMs, latestMs }: Moment): void {
    const { era } = this;
    if (era === undefined) return;
    era.strictToMs = nowMs;
    era.looseToMs = latestMs;
  }
}
