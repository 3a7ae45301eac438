import {
  BACKFILL_LIMITS,
  cancelBackfill,
  isUnfinished,
  pauseBackfill,
  resumeBackfill,
  type Backfill,
} from "../core/backfill.ts";
import type { CalendarCopy } from "../core/calendar.ts";
import { calendarKey } from "../core/directory.ts";
import type { Job } from "../core/job.ts";
import { countOpenTicks, openTicks } from "../core/open-ticks.ts";
import { idOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { lastOpenTicks, nextOpenTick, type Schedule } from "../core/schedule.ts";
import type { BackfillRef } from "../ports/backfill-commands.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import { cancelRuns, entryOf, saveBackfill, scheduleOf, settleBackfills } from "./backfills.ts";
import { jobOf } from "./job-state.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import type { ShardState } from "./shard-state.ts";

export function createBackfill(
  state: ShardState,
  input: CommandInput<"backfill.create">,
  nowMs: number,
): CommandOutput<"backfill.create"> {
  refuseWithoutRoom(state);
  const job = jobOf(state, input.ref);
  refuseKind(job);
  refuseRange(input, nowMs);
  const earlier = state.storage.backfillsOfJob(job.id);
  refuseTooMany(earlier);
  const { schedule: spec } = job.spec;
  const calendar = calendarOf(state, job);
  const schedule = scheduleOf({ schedule: spec, calendar });
  const total = ticksIn(schedule, input);
  const range = { afterMs: input.fromMs - 1, untilMs: input.toMs - 1 };
  const { fromMs, toMs, overlap, rate, params } = input;
  const backfill: Backfill = {
    id: idOf("bf", state.ids.next(nowMs), state.shard),
    namespace: job.namespace,
    jobId: job.id,
    jobName: job.spec.name,
    fromMs,
    toMs,
    overlap,
    rate,
    params,
    schedule: spec,
    calendar,
    state: "running",
    total,
    made: 0,
    skipped: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    nextMs: openTicks(schedule, { ...range, limit: 1 })[0] ?? null,
    slotMs: nowMs,
    dueMs: nowMs,
    createdMs: nowMs,
    updatedMs: nowMs,
    pausedMs: null,
    endedMs: null,
    version: 1,
  };
  forgetOldest(state, earlier);
  saveBackfill(state, backfill, { from: undefined, priority: job.spec.priority, nowMs });
  return { backfill };
}

export function listBackfills(
  state: ShardState,
  input: CommandInput<"backfill.list">,
): CommandOutput<"backfill.list"> {
  const job = jobOf(state, input.ref);
  return { backfills: state.storage.backfillsOfJob(job.id).toSorted(newestFirst) };
}

export function getBackfill(
  state: ShardState,
  input: CommandInput<"backfill.get">,
): CommandOutput<"backfill.get"> {
  return { backfill: backfillOf(state, input.ref) };
}

/** A backfill that is paused already stays as it is. */
export function pauseBackfillCommand(
  state: ShardState,
  input: CommandInput<"backfill.pause">,
  nowMs: number,
): CommandOutput<"backfill.pause"> {
  const backfill = unfinishedOf(state, input.ref);
  if (backfill.state === "paused") return { backfill };
  return { backfill: replace(state, backfill, pauseBackfill(backfill, nowMs), nowMs) };
}

export function resumeBackfillCommand(
  state: ShardState,
  input: CommandInput<"backfill.resume">,
  nowMs: number,
): CommandOutput<"backfill.resume"> {
  const backfill = unfinishedOf(state, input.ref);
  if (backfill.state !== "paused")
    throw new Refusal("backfill.not_paused", `Backfill "${backfill.id}" is not paused.`);
  return { backfill: replace(state, backfill, resumeBackfill(backfill, nowMs), nowMs) };
}

export function cancelBackfillCommand(
  state: ShardState,
  input: CommandInput<"backfill.cancel">,
  nowMs: number,
): CommandOutput<"backfill.cancel"> {
  const backfill = backfillOf(state, input.ref);
  if (input.ifVersion !== null && input.ifVersion !== backfill.version)
    throw new Refusal(
      "version.conflict",
      `Backfill "${backfill.id}" is at version ${backfill.version}.`,
    );
  refuseEnded(backfill);
  replace(state, backfill, cancelBackfill(backfill, nowMs), nowMs);
  const which = input.running === "cancel" ? "all" : "waiting";
  cancelRuns(state, backfill, { which, reason: "Its backfill was canceled.", nowMs });
  settleBackfills(state, nowMs);
  return { backfill: backfillOf(state, input.ref) };
}

function replace(state: ShardState, old: Backfill, next: Backfill, nowMs: number): Backfill {
  const priority = state.job(old.jobId)?.spec.priority ?? 0;
  saveBackfill(state, next, { from: entryOf(state, old), priority, nowMs });
  return next;
}

function backfillOf(state: ShardState, ref: BackfillRef): Backfill {
  const job = jobOf(state, ref);
  const found = state.storage.getBackfill(ref.backfill);
  if (found !== undefined && found.jobId === job.id) return found;
  throw new Refusal(
    "backfill.unknown",
    `Job "${job.spec.name}" has no backfill "${ref.backfill}".`,
  );
}

function unfinishedOf(state: ShardState, ref: BackfillRef): Backfill {
  const backfill = backfillOf(state, ref);
  refuseEnded(backfill);
  return backfill;
}

function refuseEnded({ id, state }: Backfill): void {
  if (state === "completed" || state === "canceled")
    throw new Refusal("backfill.ended", `Backfill "${id}" has ended already: ${state}.`);
}

/** Only a schedule whose ticks can be told without its runs has a past that could be run again. */
function refuseKind({ spec }: Job): void {
  const { kind } = spec.schedule;
  if (kind === "cron" || kind === "every") return;
  throw new Refusal(
    "request.invalid",
    `Job "${spec.name}" cannot be backfilled: ${WHY_NOT[kind]}`,
    {
      hint: "POST /jobs/{job}/runs runs it now, with the params you name.",
      errors: [{ pointer: "/path/job", message: `Its schedule is of kind ${kind}.` }],
    },
  );
}

const WHY_NOT = {
  manual: "a manual schedule has no ticks.",
  at: "its schedule has a single tick.",
  after: "the ticks of a fixed delay depend on when its runs ended, so the past has no others.",
} as const;

function refuseRange({ fromMs, toMs }: CommandInput<"backfill.create">, nowMs: number): void {
  if (fromMs >= toMs) throw invalidRange("/to", "The range is empty.", "Not after from.");
  if (toMs > nowMs)
    throw invalidRange(
      "/to",
      "The range reaches into the future, where the ticks fire by themselves.",
      "Later than now.",
    );
  if (toMs - fromMs > BACKFILL_LIMITS.spanMsMax)
    throw invalidRange("/from", "The range is longer than ten years.", "Too long before to.");
}

function invalidRange(pointer: string, detail: string, message: string): Refusal {
  return new Refusal("request.invalid", detail, {
    errors: [{ pointer, message }],
    hint: "A backfill runs the ticks from <= t < to of the past.",
  });
}

function refuseTooMany(earlier: readonly Backfill[]): void {
  const { unfinishedMax } = BACKFILL_LIMITS;
  if (earlier.filter(isUnfinished).length < unfinishedMax) return;
  throw new Refusal(
    "quota.exceeded",
    `The job has ${unfinishedMax} backfills that have not ended.`,
    { hint: "Wait for one of them to complete, or cancel one.", retryAfterMs: 60_000 },
  );
}

/** The open ticks of the range, counted; refused when there are none or too many. */
function ticksIn(schedule: Schedule, input: CommandInput<"backfill.create">): number {
  const { ticksMax } = BACKFILL_LIMITS;
  const range = { afterMs: input.fromMs - 1, untilMs: input.toMs - 1 };
  const count = countOpenTicks(schedule, range);
  if (count === 0) throw noTicks(schedule, input);
  if (count <= ticksMax) return count;
  throw new Refusal(
    "backfill.too_large",
    `The range holds ${count} ticks; a backfill takes at most ${ticksMax}.`,
    { errors: [{ pointer: "/from", message: "Too many ticks up to to." }] },
  );
}

function noTicks(schedule: Schedule, { fromMs, toMs }: CommandInput<"backfill.create">): Refusal {
  const afterMs = Math.max(-1, fromMs - BACKFILL_LIMITS.spanMsMax);
  const before = lastOpenTicks(schedule, { afterMs, untilMs: fromMs - 1, n: 1 })[0];
  const after = nextOpenTick(schedule, toMs - 1);
  const nearest = [
    ...(before === undefined ? [] : [`the last one before it is ${isoText(before)}`]),
    ...(after === null ? [] : [`the first one after it is ${isoText(after)}`]),
  ];
  const detail = ["The schedule has no tick in the range", ...nearest].join("; ");
  return new Refusal("request.invalid", `${detail}.`, {
    errors: [{ pointer: "/from", message: "No tick from here up to to." }],
    hint: "POST /schedules/preview shows when a schedule fires.",
  });
}

function calendarOf(state: ShardState, { namespace, spec }: Job): CalendarCopy | null {
  const { schedule } = spec;
  if (!("calendar" in schedule) || schedule.calendar === null) return null;
  const copy = state.storage.getCopy(calendarKey(namespace, schedule.calendar.name));
  if (copy === undefined) return null;
  // Written by the API from a CalendarCopy.
  const body: CalendarCopy = JSON.parse(copy.body);
  return body;
}

/** Makes room for one more by dropping the oldest that have ended. */
function forgetOldest(state: ShardState, earlier: readonly Backfill[]): void {
  const surplus = earlier.length + 1 - BACKFILL_LIMITS.keptMax;
  if (surplus <= 0) return;
  const ended = earlier.filter((backfill) => !isUnfinished(backfill)).toSorted(newestFirst);
  for (const { id } of ended.slice(-surplus)) {
    state.writes++;
    state.storage.deleteBackfill(id);
  }
}

/** Ids begin with the time at which they were made. */
function newestFirst(one: Backfill, other: Backfill): number {
  return one.id < other.id ? 1 : -1;
}

function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
