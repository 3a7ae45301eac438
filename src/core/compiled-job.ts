import { assert } from "./assert.ts";
import { durationMs, type DurationText } from "./duration.ts";
import type { JobSpec } from "./job.ts";
import { compileSchedule, type CalendarLookup, type Schedule } from "./schedule.ts";
import type { RunOrder } from "./run.ts";

/** When a tick counts as missed, and what is then done; durations in milliseconds. */
export interface MisfirePolicy {
  readonly policy: "skip" | "latest" | "all";
  readonly graceMs: number;
  readonly maxAgeMs: number;
  readonly maxCatchup: number;
}

/** A job's spec made computable: schedules compiled, durations counted. */
export interface CompiledJob {
  readonly schedule: Schedule;
  readonly misfire: MisfirePolicy;
  readonly startWithinMs: number | null;
  /** Its retries end at the next tick. */
  readonly untilNextTick: boolean;
  /** What each run is told: one object, so that it is put into words once. */
  readonly order: RunOrder;
}

/**
 * Throws `Refusal("schedule.invalid")` for a schedule that cannot be, and `"calendar.unknown"` for
 * a calendar that the look-up does not know; durations were checked at the door.
 */
export function compileJob(spec: JobSpec, calendarOf?: CalendarLookup): CompiledJob {
  const { misfire, retry } = spec;
  return {
    schedule: compileSchedule(spec.schedule, calendarOf),
    misfire: {
      policy: misfire.policy,
      graceMs: checkedMs(misfire.grace),
      maxAgeMs: checkedMs(misfire.maxAge),
      maxCatchup: misfire.maxCatchup,
    },
    startWithinMs: spec.startWithin === null ? null : checkedMs(spec.startWithin),
    untilNextTick: retry.untilNextTick,
    order: {
      target: spec.target,
      params: spec.params,
      timeoutMs: checkedMs(spec.timeout),
      retry: {
        attemptsMax: retry.max + 1,
        baseMs: checkedMs(retry.backoff.base),
        factor: retry.backoff.factor,
        delayMsMax: checkedMs(retry.backoff.max),
        jitter: retry.jitter,
        beforeMs: null,
      },
      delivery: spec.delivery,
      overlap: spec.overlap,
      priority: spec.priority,
      node: null,
      sharding: spec.sharding,
      slices: null,
    },
  };
}

function checkedMs(text: DurationText): number {
  const ms = durationMs(text);
  assert(ms !== undefined, "durations are validated before a job is stored");
  return ms;
}
