import { compileCalendar, type Calendar } from "../../src/core/calendar.ts";
import type { PlanInput } from "../../src/core/plan.ts";
import { compileSchedule } from "../../src/core/schedule.ts";
import { EVERY_DEFAULTS } from "./specs.ts";

/** A Friday noon. */
export const T0 = Date.UTC(2026, 4, 1, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const WEEKDAYS: Calendar = compileCalendar({
  namespace: "default",
  name: "weekdays",
  version: 4,
  rules: {
    weekdays: [1, 2, 3, 4, 5],
    include: [],
    exclude: [],
    allOf: [],
    anyOf: [],
    knownUntil: null,
  },
  parts: {},
});

/** A job that ticks at the rate named, by the minute otherwise, whose tick at T0 was the last accounted one. */
export function aPlanInput(
  more: Partial<PlanInput> & {
    readonly policy?: "skip" | "latest" | "all";
    readonly every?: string;
    readonly onWeekdays?: boolean;
  } = {},
): PlanInput {
  const { policy = "latest", every = "1m", onWeekdays = false, ...rest } = more;
  const calendar = onWeekdays ? { name: "weekdays", roll: "skip" as const } : null;
  const anchor = new Date(T0).toISOString();
  return {
    schedule: compileSchedule(
      { kind: "every", every, anchor, ...EVERY_DEFAULTS, calendar },
      () => WEEKDAYS,
    ),
    jobId: "job_a",
    jobVersion: 3,
    cursorMs: T0,
    nowMs: T0,
    misfire: { policy, graceMs: 5_000, maxAgeMs: 10 * MINUTE, maxCatchup: 3 },
    startWithinMs: null,
    overlap: "allow",
    liveRuns: 0,
    limit: Number.POSITIVE_INFINITY,
    bufferedMax: 4,
    blockedBy: null,
    pause: null,
    mode: "due",
    ...rest,
  };
}
