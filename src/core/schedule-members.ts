import type { TickBounds } from "./bounded-ticks.ts";
import { ROLL_LIMITS } from "./calendar-roll.ts";
import { compileCron } from "./cron.ts";
import { durationMs, durationText } from "./duration.ts";
import { instantMs } from "./instant.ts";
import type { ScheduleBounds, ScheduleSpec } from "./job.ts";
import { Refusal } from "./refusal.ts";
import { zoneOf, type Zone } from "./zone.ts";

const DAY_MS = 86_400_000;

export const SCHEDULE_LIMITS = {
  everyMsMin: 1_000,
  everyMsMax: 3_660 * 86_400_000,
  jitterMsMax: 86_400_000,
  /** Ticks that one call computes at most, and that a bounded schedule has at most. */
  ticksMax: 10_000,
} as const;

/** The members of a schedule that are instants. */
type InstantMember = "at" | "anchor" | "startAt" | "endAt";

/**
 * How long an interval or a fixed delay is; throws `Refusal("schedule.invalid")`, as all here do.
 */
export function everyOf(member: "every" | "delay", text: string): number {
  const { everyMsMin, everyMsMax } = SCHEDULE_LIMITS;
  const ms = durationMs(text);
  if (ms === undefined) throw notDuration(member, text);
  if (ms >= everyMsMin && ms <= everyMsMax) return ms;
  const what = member === "every" ? "An interval" : "A delay";
  throw invalidSchedule(member, {
    message: `${what} is ${durationText(everyMsMin)} to ${durationText(everyMsMax)} long.`,
    hint: 'Use a duration such as "30s", "5m" or "1h".',
  });
}

export function jitterOf(text: string): number {
  const { jitterMsMax } = SCHEDULE_LIMITS;
  const ms = durationMs(text);
  if (ms === undefined) throw notDuration("jitter", text);
  if (ms <= jitterMsMax) return ms;
  throw invalidSchedule("jitter", {
    message: `A jitter is at most ${durationText(jitterMsMax)}.`,
    hint: 'Use a duration such as "30s", or "0s" for none.',
  });
}

export function instantOf(member: InstantMember, text: string): number {
  const ms = instantMs(text);
  if (ms !== undefined) return ms;
  throw invalidSchedule(member, {
    message: `${JSON.stringify(text.slice(0, 64))} is no instant between 1970 and 9999.`,
    hint: 'Use RFC 3339 with an offset, such as "2027-01-31T09:00:00Z" or "…+01:00".',
  });
}

/** The zone whose days a schedule goes by. */
export function scheduleZone(name: string): Zone {
  const zone = zoneOf(name);
  if (zone !== undefined) return zone;
  throw invalidSchedule("timezone", {
    message: `${JSON.stringify(name)} is no time zone known here.`,
    hint: 'Use an IANA name such as "Europe/Stockholm", or "UTC".',
  });
}

/**
 * From when to when, both inclusive, and how many; what is open is infinite. The ticks of a fixed
 * delay are counted as they happen, so they need no `startAt` to be counted from.
 */
export function boundsOf(spec: ScheduleBounds & { readonly kind: string }): TickBounds {
  const { kind, startAt, endAt, ticksMax } = spec;
  const startMs = startAt === null ? Number.NEGATIVE_INFINITY : instantOf("startAt", startAt);
  const endMs = endAt === null ? Number.POSITIVE_INFINITY : instantOf("endAt", endAt);
  if (endMs < startMs)
    throw invalidSchedule("endAt", {
      message: "The schedule would end before it starts.",
      hint: "Name an endAt that is not before startAt.",
    });
  refuseTicksMax(ticksMax);
  if (ticksMax !== null && startAt === null && kind !== "after")
    throw invalidSchedule("startAt", {
      message: "A number of ticks is counted from startAt, and there is none.",
      hint: "Name the instant from which they are counted.",
    });
  return { startMs, endMs, ticksMax };
}

function refuseTicksMax(ticksMax: number | null): void {
  const { ticksMax: most } = SCHEDULE_LIMITS;
  if (ticksMax === null || (Number.isSafeInteger(ticksMax) && ticksMax >= 1 && ticksMax <= most))
    return;
  throw invalidSchedule("ticksMax", {
    message: `A schedule with a number of ticks has 1 to ${most}.`,
    hint: "Leave ticksMax out for a schedule without an end, or name an endAt.",
  });
}

/**
 * Refuses to move the ticks of a dense schedule: those of a closed day would fall together with the
 * open day's own, one for one, and nothing would come of the move.
 */
export function refuseDenseRoll(
  spec: Extract<ScheduleSpec, { readonly kind: "cron" | "every" }>,
): void {
  const perDayMax = ROLL_LIMITS.ticksPerDayMax;
  if (ticksPerDay(spec) <= perDayMax) return;
  throw invalidSchedule("calendar/roll", {
    message:
      `Only a schedule of at most ${perDayMax} ticks a day moves those of closed days: ` +
      "denser ones would fall together with the ticks that the open day has anyway.",
    hint: 'Set roll to "skip", or let the schedule tick every 5 minutes or less often.',
  });
}

/** In UTC, where every day has 24 hours. */
function ticksPerDay(spec: Extract<ScheduleSpec, { readonly kind: "cron" | "every" }>): number {
  if (spec.kind === "every") return DAY_MS / everyOf("every", spec.every);
  const cron = compileCron({ ...spec, timezone: "UTC" });
  const first = cron.nextAfter(0);
  return first === null ? 0 : cron.count({ afterMs: first - 1, untilMs: first - 1 + DAY_MS });
}

function notDuration(member: "every" | "delay" | "jitter", text: string): Refusal {
  return invalidSchedule(member, {
    message: `${JSON.stringify(text.slice(0, 64))} is no duration.`,
    hint: 'Use a duration such as "30s", "5m" or "1h", or ISO 8601 such as "PT1M30S".',
  });
}

/** A fault of one member; `member` may name a part of it, such as `calendar/roll`. */
export function invalidSchedule(
  member: string,
  { message, hint }: { readonly message: string; readonly hint: string },
): Refusal {
  const errors = [{ pointer: `/schedule/${member}`, message }];
  return new Refusal("schedule.invalid", message, { hint, errors });
}
