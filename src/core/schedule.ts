import { assert, unreachable } from "./assert.ts";
import { compileCron, type CronTicks } from "./cron.ts";
import { durationMs, durationText } from "./duration.ts";
import { hashBelow } from "./hash.ts";
import { INSTANT_LIMITS, instantMs } from "./instant.ts";
import type { ScheduleSpec } from "./job.ts";
import { Refusal } from "./refusal.ts";

export const SCHEDULE_LIMITS = {
  everyMsMin: 1_000,
  everyMsMax: 3_660 * 86_400_000,
  jitterMsMax: 86_400_000,
  /** Ticks that one call computes at most. */
  ticksMax: 10_000,
} as const;

/**
 * A schedule made computable. All times are nominal times in milliseconds since the epoch; jitter
 * moves the start of a run, never its nominal time. It may be shared by any number of jobs and kept
 * for ever: what it remembers is only a cache.
 */
export type Schedule =
  | { readonly kind: "cron"; readonly cron: CronTicks; readonly jitterMs: number }
  | {
      readonly kind: "every";
      readonly everyMs: number;
      readonly anchorMs: number;
      readonly jitterMs: number;
    }
  | { readonly kind: "after"; readonly delayMs: number }
  | { readonly kind: "at"; readonly atMs: number }
  | { readonly kind: "manual" };

/** The ticks strictly after one instant, up to and including another. */
export interface TickRange {
  readonly afterMs: number;
  readonly untilMs: number;
}

/**
 * Makes a spec computable; throws `Refusal("schedule.invalid")` with a pointer into the request
 * body. Rules: design of time semantics, sections 1 and 2.
 */
export function compileSchedule(spec: ScheduleSpec): Schedule {
  switch (spec.kind) {
    case "cron":
      return { kind: "cron", cron: compileCron(spec), jitterMs: jitterOf(spec.jitter) };
    case "every":
      return {
        kind: "every",
        everyMs: everyOf(spec.every),
        anchorMs: instantOf("anchor", spec.anchor),
        jitterMs: jitterOf(spec.jitter),
      };
    case "after":
      return { kind: "after", delayMs: durationMs(spec.delay) ?? 0 };
    case "at":
      return { kind: "at", atMs: instantOf("at", spec.at) };
    case "manual":
      return { kind: "manual" };
    default:
      return unreachable(spec);
  }
}

/** The first nominal time strictly after an instant; null when the schedule fires no more. */
export function nextTick(schedule: Schedule, afterMs: number): number | null {
  switch (schedule.kind) {
    case "cron":
      return schedule.cron.nextAfter(afterMs);
    case "every": {
      const { everyMs, anchorMs } = schedule;
      const periods = Math.max(0, Math.floor((afterMs - anchorMs) / everyMs) + 1);
      const tickMs = anchorMs + periods * everyMs;
      return tickMs <= INSTANT_LIMITS.msMax ? tickMs : null;
    }
    case "after":
      return afterMs + schedule.delayMs;
    case "at":
      return schedule.atMs > afterMs ? schedule.atMs : null;
    case "manual":
      return null;
    default:
      return unreachable(schedule);
  }
}

/**
 * The first `n` nominal times strictly after an instant, ascending; fewer when the schedule ends.
 */
export function nextTicks(schedule: Schedule, afterMs: number, n: number): number[] {
  return ticksBetween(schedule, { afterMs, untilMs: INSTANT_LIMITS.msMax, limit: n }).ticks;
}

/**
 * The nominal times in a range, ascending: the first `limit` of them, and whether those are all.
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
    tick = nextTick(schedule, tick);
  }
  return { ticks, isComplete: true };
}

/** The newest `n` nominal times in a range, ascending. */
export function lastTicks(
  schedule: Schedule,
  { afterMs, untilMs, n }: TickRange & { readonly n: number },
): number[] {
  assert(n >= 0 && n <= SCHEDULE_LIMITS.ticksMax, "one call computes 0 to 10000 ticks");
  // The oldest tick of the range tells where to stop, so nothing is searched for before it.
  const oldest = nextTick(schedule, afterMs);
  if (oldest === null || oldest > untilMs) return [];
  const ticks: number[] = [];
  let beforeMs = Math.floor(untilMs) + 1;
  while (ticks.length < n && beforeMs > oldest) {
    const tick = lastTick(schedule, beforeMs);
    assert(
      tick !== null && tick >= oldest,
      "looking back finds the ticks that looking ahead finds",
    );
    ticks.push(tick);
    beforeMs = tick;
  }
  return ticks.toReversed();
}

/**
 * How many nominal times a range holds. Arithmetic tells for intervals; of a cron pattern each day
 * costs one question to the calculator.
 */
export function countTicks(schedule: Schedule, { afterMs, untilMs }: TickRange): number {
  if (schedule.kind === "cron") return schedule.cron.count({ afterMs, untilMs });
  const first = nextTick(schedule, afterMs);
  if (first === null || first > untilMs) return 0;
  return schedule.kind === "every" ? Math.floor((untilMs - first) / schedule.everyMs) + 1 : 1;
}

/**
 * When the run of a nominal time is to start: up to the jitter later, always the same for the same
 * job and tick, and always before the next nominal time.
 */
export function fireAtMs(schedule: Schedule, jobId: string, nominalMs: number): number {
  const jitterMs = "jitterMs" in schedule ? schedule.jitterMs : 0;
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
 * Throws `Refusal("schedule.never_fires")` when nothing lies ahead. A manual schedule passes: it is
 * not meant to fire by itself.
 */
export function assertFires(schedule: Schedule, nowMs: number): void {
  if (schedule.kind === "manual" || nextTick(schedule, nowMs) !== null) return;
  const isPast = schedule.kind === "at";
  const detail = isPast
    ? "The instant of this schedule is not in the future, so it never fires."
    : "This schedule never fires: no date from now on matches it.";
  const hint = isPast
    ? "POST /jobs/{job}/runs runs it now."
    : "Look for a day that its month never has, such as 30 February, or a year that is over.";
  const pointer = isPast ? "/schedule/at" : `/schedule/${schedule.kind}`;
  throw new Refusal("schedule.never_fires", detail, {
    hint,
    errors: [{ pointer, message: detail }],
  });
}

/** The last nominal time strictly before an instant. Only asked where one exists. */
function lastTick(schedule: Schedule, beforeMs: number): number | null {
  switch (schedule.kind) {
    case "cron":
      return schedule.cron.lastBefore(beforeMs);
    case "every": {
      const { everyMs, anchorMs } = schedule;
      return anchorMs + Math.floor((beforeMs - 1 - anchorMs) / everyMs) * everyMs;
    }
    case "after":
      return beforeMs;
    case "at":
      return schedule.atMs;
    case "manual":
      return null;
    default:
      return unreachable(schedule);
  }
}

function everyOf(text: string): number {
  const { everyMsMin, everyMsMax } = SCHEDULE_LIMITS;
  const ms = durationMs(text);
  if (ms === undefined) throw notDuration("every", text);
  if (ms >= everyMsMin && ms <= everyMsMax) return ms;
  throw invalid("every", {
    message: `An interval is ${durationText(everyMsMin)} to ${durationText(everyMsMax)} long.`,
    hint: 'Use a duration such as "30s", "5m" or "1h".',
  });
}

function jitterOf(text: string): number {
  const { jitterMsMax } = SCHEDULE_LIMITS;
  const ms = durationMs(text);
  if (ms === undefined) throw notDuration("jitter", text);
  if (ms <= jitterMsMax) return ms;
  throw invalid("jitter", {
    message: `A jitter is at most ${durationText(jitterMsMax)}.`,
    hint: 'Use a duration such as "30s", or "0s" for none.',
  });
}

function instantOf(member: "at" | "anchor", text: string): number {
  const ms = instantMs(text);
  if (ms !== undefined) return ms;
  throw invalid(member, {
    message: `${JSON.stringify(text.slice(0, 64))} is no instant between 1970 and 9999.`,
    hint: 'Use RFC 3339 with an offset, such as "2027-01-31T09:00:00Z" or "…+01:00".',
  });
}

function notDuration(member: "every" | "jitter", text: string): Refusal {
  return invalid(member, {
    message: `${JSON.stringify(text.slice(0, 64))} is no duration.`,
    hint: 'Use a duration such as "30s", "5m" or "1h", or ISO 8601 such as "PT1M30S".',
  });
}

function invalid(
  member: string,
  { message, hint }: { readonly message: string; readonly hint: string },
): Refusal {
  const errors = [{ pointer: `/schedule/${member}`, message }];
  return new Refusal("schedule.invalid", message, { hint, errors });
}
