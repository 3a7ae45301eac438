/**
 * A newer copy of a calendar changes when jobs are due. Ticks up to this instant belong to the calendar as
 * it was, later ones to what it is now: each job that uses it is settled under the old one and armed
 * under the new one, in the transaction that takes the copy.
 */
import type { CalendarCopy } from "../core/calendar.ts";
import { calendarCopyOf } from "../core/directory.ts";
import type { Job } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import { fireAtMs, nextOpenTick, nextTick } from "../core/schedule.ts";
import type { DirectoryCopy, DueEntry } from "../ports/shard-storage.ts";
import {
  armJob,
  changed,
  cursorOf,
  dueOf,
  keepSettled,
  settle,
  type Settled,
} from "./job-state.ts";
import type { ShardState } from "./shard-state.ts";

/** A job whose ticks are decided up to now; nothing is written yet. */
interface Replan {
  readonly job: Job;
  readonly calendar: CalendarCopy;
  readonly due: DueEntry | undefined;
  readonly settled: Settled;
  /** Whether it had a tick left that may run. */
  readonly isAlive: boolean;
}

/**
 * Decides what was due under the calendars as they are. Writes nothing, and refuses when a job has too
 * long a backlog. `exceptJobId` is left alone: its own command does the same for it.
 */
export function planReplans(
  state: ShardState,
  copies: readonly DirectoryCopy[],
  { nowMs, exceptJobId }: { readonly nowMs: number; readonly exceptJobId: string | null },
): readonly Replan[] {
  return copies.flatMap((copy) => {
    const known = state.storage.getCopy(copy.key);
    const calendar = calendarCopyOf(copy);
    const earlier = known === undefined ? null : calendarCopyOf(known);
    // Before its first copy no job here could use it.
    if (calendar === null || earlier === null || isSameMeaning(calendar, earlier)) return [];
    const { namespace, name } = calendar;
    const jobIds = state.storage.jobsOfCalendar(namespace, name);
    if (jobIds.length > 0) refuseWhileBehind(state);
    return jobIds.flatMap((jobId) => {
      const job = jobId === exceptJobId ? undefined : state.job(jobId);
      if (job === undefined || job.state === "ended") return [];
      return [replanOf(state, job, { calendar, nowMs })];
    });
  });
}

/**
 * Of a job that is overdue beyond what is kept in memory, the due entry is only found by reading the whole
 * table: not for thousands of jobs at once.
 */
function refuseWhileBehind(state: ShardState): void {
  if (state.near.overdue < state.limits.nearMax) return;
  throw new Refusal("shard.unavailable", "The shard is still working off what is overdue.", {
    retryAfterMs: 1_000,
    hint: "Try again in a moment.",
  });
}

function replanOf(
  state: ShardState,
  job: Job,
  { calendar, nowMs }: { readonly calendar: CalendarCopy; readonly nowMs: number },
): Replan {
  const due = dueOf(state, job, nowMs);
  const cursorMs = cursorOf(job, due, nowMs);
  const isAlive = nextOpenTick(state.compiled(job).schedule, nowMs) !== null;
  const settled = settle(
    state,
    job,
    job.pause === null
      ? { cursorMs, nowMs, mode: "settle", missed: null }
      : { cursorMs, nowMs, mode: "resume", missed: "skip" },
  );
  return { job, calendar, due, settled, isAlive };
}

/** Writes what was decided under the calendars as they were: before the copies are replaced. */
export function keepReplans(state: ShardState, replans: readonly Replan[], nowMs: number): void {
  for (const { job, settled } of replans) keepSettled(state, job, settled, nowMs);
}

/** Arms the jobs under the calendars as they are now: after the copies were replaced. */
export function armReplans(state: ShardState, replans: readonly Replan[], nowMs: number): void {
  for (const replan of replans) {
    const { job, due, settled } = replan;
    const cursorMs = Math.max(settled.cursorMs, nowMs);
    if (job.pause !== null) moveCursor(state, job, { due, cursorMs, nowMs });
    else if (isLeftWithout(state, replan, nowMs)) pauseLeft(state, replan, { cursorMs, nowMs });
    else armUnder(state, replan, { cursorMs, nowMs });
  }
}

/** What its user said of the job is as it was, so its version stays; only when it is due has changed. */
function armUnder(
  state: ShardState,
  { job, due }: Replan,
  { cursorMs, nowMs }: { readonly cursorMs: number; readonly nowMs: number },
): void {
  const { schedule } = state.compiled(job);
  const nextMs = nextTick(schedule, cursorMs);
  if (nextMs === null) {
    armJob(state, changed(job, nowMs), { cursorMs, from: due, nowMs });
    return;
  }
  const dueMs = fireAtMs(schedule, job.id, nextMs);
  state.saveDue({ dueMs, jobId: job.id, cursorMs, priority: job.spec.priority }, due, nowMs);
}

/** A schedule that was over anyway just ends; one that the calendar stops waits for somebody to look. */
function isLeftWithout(state: ShardState, { job, isAlive }: Replan, nowMs: number): boolean {
  return isAlive && nextOpenTick(state.compiled(job).schedule, nowMs) === null;
}

function pauseLeft(
  state: ShardState,
  { job, calendar, due }: Replan,
  { cursorMs, nowMs }: { readonly cursorMs: number; readonly nowMs: number },
): void {
  const { name, version } = calendar;
  const reason = `Version ${version} of the calendar "${name}" leaves this job no tick.`;
  if (due !== undefined) state.dropDue(due);
  const pause = { sinceMs: nowMs, untilMs: null, reason, cursorMs };
  state.saveJob({ ...changed(job, nowMs), state: "paused", pause });
}

function moveCursor(
  state: ShardState,
  job: Job,
  at: {
    readonly due: DueEntry | undefined;
    readonly cursorMs: number;
    readonly nowMs: number;
  },
): void {
  const { due, cursorMs, nowMs } = at;
  const { pause } = job;
  if (pause === null) return;
  if (due !== undefined) state.saveDue({ ...due, cursorMs }, due, nowMs);
  state.saveJob({ ...changed(job, nowMs), pause: { ...pause, cursorMs } });
}

/** A new version may say the same in other words, or have another description. */
function isSameMeaning(one: CalendarCopy, other: CalendarCopy): boolean {
  return JSON.stringify([one.rules, one.parts]) === JSON.stringify([other.rules, other.parts]);
}
