import { assert, unreachable } from "./assert.ts";
import { BoundedTicks, type TickBounds } from "./bounded-ticks.ts";
import type { Calendar } from "./calendar.ts";
import { type BareTicks, calendarFrame, type CalendarFrame } from "./calendar-frame.ts";
import type { TickSegment } from "./closed-days.ts";
import { compileCron } from "./cron.ts";
import type { CronTicks } from "./cron-ticks.ts";
import { hashBelow } from "./hash.ts";
import { INSTANT_LIMITS } from "./instant.ts";
import { IntervalTicks } from "./interval-ticks.ts";
import type { DstRule, ScheduleSpec } from "./job.ts";
import { neverFires, whyNever } from "./never-fires.ts";
import {
  boundsOf,
  everyOf,
  instantOf,
  jitterOf,
  refuseDenseRoll,
  SCHEDULE_LIMITS,
  scheduleZone,
} from "./schedule-members.ts";
import type { TickRange, TickSource } from "./tick-source.ts";
import type { Zone } from "./zone.ts";

/**
 * How far ahead a tick on an open day is looked for: 40 years, as 29 February may take 28 to fall
 * on a Sunday.
 */
const OPEN_SEARCH_MS = 40 * 366 * 86_400_000;

/** What is known of a namespace's calendars; undefined for a name that it has none of. */
export type CalendarLookup = (name: string) => Calendar | undefined;

/** Where a tick of an interval lands that a calendar moves; a pattern has a rule of its own. */
const INTERVAL_DST: DstRule = { gap: "shift", fold: "first" };

/** A schedule whose ticks a formula gives. */
interface Ticking {
  /** Its nominal times, after all that bounds or moves them. */
  readonly ticks: TickSource;
  readonly jitterMs: number;
  readonly zone: Zone;
  readonly calendar: CalendarFrame | null;
}

/**
 * A schedule made computable. All times are nominal times in milliseconds since the epoch; jitter
 * moves the start of a run, never its nominal time. It may be shared by any number of jobs and kept
 * for ever: what it remembers is only a cache.
 */
export type Schedule =
  | (Ticking & { readonly kind: "cron"; readonly cron: CronTicks })
  | (Ticking & { readonly kind: "every"; readonly interval: IntervalTicks })
  | { readonly kind: "after"; readonly delayMs: number; readonly bounds: TickBounds }
  | { readonly kind: "at"; readonly atMs: number }
  | { readonly kind: "manual" };

/**
 * Makes a spec computable; throws `Refusal("schedule.invalid")`, or `"calendar.unknown"` for a
 * calendar that the look-up does not know, with a pointer into the request body. Rules: design of
 * time semantics, sections 1 and 2.
 */
export function compileSchedule(
  spec: ScheduleSpec,
  calendarOf: CalendarLookup = () => undefined,
): Schedule {
  switch (spec.kind) {
    case "cron": {
      const cron = compileCron(spec);
      const bare = { source: cron, zone: cron.zone, dst: spec.dst };
      return { kind: "cron", cron, ...tickingOf(spec, bare, calendarOf) };
    }
    case "every": {
      const everyMs = everyOf("every", spec.every);
      const interval = new IntervalTicks({ everyMs, anchorMs: instantOf("anchor", spec.anchor) });
      const zone = scheduleZone(spec.timezone);
      const bare = { source: interval, zone, dst: INTERVAL_DST };
      return { kind: "every", interval, ...tickingOf(spec, bare, calendarOf) };
    }
    case "after":
      return { kind: "after", delayMs: everyOf("delay", spec.delay), bounds: boundsOf(spec) };
    case "at":
      return { kind: "at", atMs: instantOf("at", spec.at) };
    case "manual":
      return { kind: "manual" };
    default:
      return unreachable(spec);
  }
}

/**
 * The schedule without its calendar, for lists of jobs, where looking up every calendar would cost
 * more than a next tick is worth. Its ticks may lie on closed days.
 */
export function compileScheduleLeniently(spec: ScheduleSpec): Schedule {
  if (spec.kind !== "cron" && spec.kind !== "every") return compileSchedule(spec);
  return compileSchedule({ ...spec, calendar: null });
}

function tickingOf(
  spec: Extract<ScheduleSpec, { readonly kind: "cron" | "every" }>,
  bare: BareTicks,
  calendarOf: CalendarLookup,
): Ticking {
  const { calendar: use } = spec;
  if (use !== null && use.roll !== "skip") refuseDenseRoll(spec);
  const calendar = use === null ? null : calendarFrame(use, calendarOf(use.name), bare);
  const unbounded = calendar?.moved ?? bare.source;
  const isBounded = spec.startAt !== null || spec.endAt !== null || spec.ticksMax !== null;
  const ticks = isBounded ? new BoundedTicks(unbounded, boundsOf(spec)) : unbounded;
  return { ticks, jitterMs: jitterOf(spec.jitter), zone: bare.zone, calendar };
}

/**
 * The first nominal time strictly after an instant; null when the schedule fires no more. Of a
 * fixed delay it is the tick that follows a run which ended at that instant.
 */
export function nextTick(schedule: Schedule, afterMs: number): number | null {
  switch (schedule.kind) {
    case "cron":
    case "every":
      return schedule.ticks.nextAfter(afterMs);
    case "after": {
      const { startMs, endMs } = schedule.bounds;
      const tick = Math.max(afterMs + schedule.delayMs, startMs);
      return tick <= Math.min(endMs, INSTANT_LIMITS.msMax) ? tick : null;
    }
    case "at":
      return schedule.atMs > afterMs ? schedule.atMs : null;
    case "manual":
      return null;
    default:
      return unreachable(schedule);
  }
}

/**
 * The first nominal time strictly after an instant that no calendar keeps from running. Null when
 * none lies within 40 years, or when the calendar then has no open day for ten.
 */
export function nextOpenTick(schedule: Schedule, afterMs: number): number | null {
  const closed = closedDays(schedule);
  if (closed === null || !isTicking(schedule)) return nextTick(schedule, afterMs);
  return closed.nextOpen(schedule.ticks, { afterMs, untilMs: afterMs + OPEN_SEARCH_MS });
}

/** Whether an instant is a nominal time. Of a fixed delay none is known beforehand. */
export function isTick(schedule: Schedule, atMs: number): boolean {
  return schedule.kind !== "after" && nextTick(schedule, atMs - 1) === atMs;
}

/** Whether the calendar keeps a nominal time from running. It is accounted for as skipped. */
export function isClosed(schedule: Schedule, tickMs: number): boolean {
  return closedDays(schedule)?.has(tickMs) ?? false;
}

/**
 * The first `n` nominal times strictly after an instant, ascending; fewer when the schedule ends.
 */
export function nextTicks(schedule: Schedule, afterMs: number, n: number): number[] {
  return ticksBetween(schedule, { afterMs, untilMs: INSTANT_LIMITS.msMax, limit: n }).ticks;
}

/**
 * The nominal times in a range, ascending: the first `limit` of them, and whether those are all.
 * Those of closed days are among them. A fixed delay never has more than one ahead.
 */
export function ticksBetween(
  schedule: Schedule,
  { afterMs, untilMs, limit }: TickRange & { readonly limit: number },
): { readonly ticks: number[]; readonly isComplete: boolean } {
  assert(limit >= 0 && limit <= SCHEDULE_LIMITS.ticksMax, "one call computes 0 to 10000 ticks");
  const ticks: number[] = [];
  let tick = nextTick(schedule, afterMs);
  while (tick !== null && tick <= untilMs) {
    if (ticks.length >= limit) return { ticks, isComplete: false };
    ticks.push(tick);
    tick = isTicking(schedule) ? schedule.ticks.nextAfter(tick) : null;
  }
  return { ticks, isComplete: true };
}

/** The newest `n` nominal times in a range, ascending, those of closed days among them. */
export function lastTicks(
  schedule: Schedule,
  { afterMs, untilMs, n }: TickRange & { readonly n: number },
): number[] {
  assert(n >= 0 && n <= SCHEDULE_LIMITS.ticksMax, "one call computes 0 to 10000 ticks");
  // The oldest tick of the range tells where to stop, so nothing is searched for before it.
  const oldest = nextTick(schedule, afterMs);
  if (oldest === null || oldest > untilMs) return [];
  if (!isTicking(schedule)) return n === 0 ? [] : [oldest];
  const ticks: number[] = [];
  let beforeMs = Math.floor(untilMs) + 1;
  while (ticks.length < n && beforeMs > oldest) {
    const tick = schedule.ticks.lastBefore(beforeMs);
    assert(
      tick !== null && tick >= oldest,
      "looking back finds the ticks that looking ahead finds",
    );
    ticks.push(tick);
    beforeMs = tick;
  }
  return ticks.toReversed();
}

/** The newest `n` nominal times in a range that no calendar keeps from running, ascending. */
export function lastOpenTicks(
  schedule: Schedule,
  range: TickRange & { readonly n: number },
): number[] {
  const closed = closedDays(schedule);
  if (closed === null || !isTicking(schedule)) return lastTicks(schedule, range);
  assert(range.n <= SCHEDULE_LIMITS.ticksMax, "one call computes 0 to 10000 ticks");
  return closed.lastOpen(schedule.ticks, range);
}

/**
 * How many nominal times a range holds, those of closed days among them. They are counted, not
 * listed.
 */
export function countTicks(schedule: Schedule, range: TickRange): number {
  if (isTicking(schedule)) return range.untilMs <= range.afterMs ? 0 : schedule.ticks.count(range);
  const first = nextTick(schedule, range.afterMs);
  return first === null || first > range.untilMs ? 0 : 1;
}

/**
 * The nominal times in a range as maximal stretches that are open or closed throughout, ascending:
 * the first `limit` of them, and whether those are all. Without a calendar there is one at most.
 */
export function segmentsBetween(
  schedule: Schedule,
  range: TickRange & { readonly limit: number },
): { readonly segments: readonly TickSegment[]; readonly isComplete: boolean } {
  const closed = closedDays(schedule);
  if (closed !== null && isTicking(schedule)) return closed.segments(schedule.ticks, range);
  const count = countTicks(schedule, range);
  const fromMs = count === 0 ? null : nextTick(schedule, range.afterMs);
  if (fromMs === null) return { segments: [], isComplete: true };
  if (range.limit === 0) return { segments: [], isComplete: false };
  const toMs = lastTicks(schedule, { ...range, n: 1 })[0] ?? fromMs;
  return { segments: [{ fromMs, toMs, count, isClosed: false }], isComplete: true };
}

/**
 * When the run of a nominal time is to start: up to the jitter later, always the same for the same
 * job and tick, and always before the next nominal time.
 */
export function fireAtMs(schedule: Schedule, jobId: string, nominalMs: number): number {
  const jitterMs = isTicking(schedule) ? schedule.jitterMs : 0;
  if (jitterMs === 0) return nominalMs;
  const next = nextTick(schedule, nominalMs);
  const roomMs = next === null ? jitterMs + 1 : Math.min(jitterMs + 1, next - nominalMs);
  return nominalMs + hashBelow(`${jobId}${nominalMs}`, roomMs);
}

/** Whether the next two ticks are less than `belowMs` apart. */
export function isShort(schedule: Schedule, afterMs: number, belowMs: number): boolean {
  const [first, second] = nextTicks(schedule, afterMs, 2);
  return first !== undefined && second !== undefined && second - first < belowMs;
}

/**
 * Throws `Refusal("schedule.never_fires")` when no tick that may run lies ahead, as far as
 * `nextOpenTick` looks. A manual schedule passes: it is not meant to fire by itself.
 */
export function assertFires(schedule: Schedule, nowMs: number): void {
  if (schedule.kind === "manual" || nextOpenTick(schedule, nowMs) !== null) return;
  if (!isTicking(schedule)) throw neverFires({ kind: schedule.kind === "at" ? "past" : "bounds" });
  const bare = schedule.kind === "cron" ? schedule.cron : schedule.interval;
  throw neverFires(whyNever({ ...schedule, bare }, nowMs));
}

/**
 * Whether a fixed delay has had all the ticks that it may have. Other schedules know their last
 * tick themselves.
 */
export function isExhausted(schedule: Schedule, ticksDone: number): boolean {
  if (schedule.kind !== "after") return false;
  const { ticksMax } = schedule.bounds;
  return ticksMax !== null && ticksDone >= ticksMax;
}

/** Which calendar, in which version, decides about a schedule's ticks. */
export function calendarOfSchedule(
  schedule: Schedule,
): { readonly name: string; readonly version: number } | null {
  const calendar = isTicking(schedule) ? schedule.calendar?.calendar : undefined;
  return calendar === undefined ? null : { name: calendar.name, version: calendar.version };
}

function isTicking(schedule: Schedule): schedule is Extract<Schedule, Ticking> {
  return schedule.kind === "cron" || schedule.kind === "every";
}

/** Null where a calendar closes no tick: there is none, or it moves them. */
function closedDays(schedule: Schedule): CalendarFrame["closed"] {
  return isTicking(schedule) ? (schedule.calendar?.closed ?? null) : null;
}
