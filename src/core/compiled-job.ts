import { assert } from "./assert.ts";
import { durationMs, type DurationText } from "./duration.ts";
import type { JobSpec } from "./job.ts";
import { compileSchedule, type Schedule } from "./schedule.ts";
import type { RetryPolicy } from "./run.ts";

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
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly untilNextTick: boolean;
}

/** Throws `Refusal("schedule.invalid")` for a schedule that cannot be; durations were checked at the door. */
export function compileJob(spec: JobSpec): CompiledJob {
  const { misfire, retry } = spec;
  return {
    schedule: compileSchedule(spec.schedule),
    misfire: {
      policy: misfire.policy,
      graceMs: checkedMs(misfire.grace),
      maxAgeMs: checkedMs(misfire.maxAge),
      maxCatchup: misfire.maxCatchup,
    },
    startWithinMs: spec.startWithin === null ? null : checkedMs(spec.startWithin),
    timeoutMs: checkedMs(spec.timeout),
    retry: {
      attemptsMax: retry.max + 1,
      baseMs: checkedMs(retry.backoff.base),
      factor: retry.backoff.factor,
      delayMsMax: checkedMs(retry.backoff.max),
      jitter: retry.jitter,
      beforeMs: null,
    },
    untilNextTick: retry.untilNextTick,
  };
}

function checkedMs(text: DurationText): number {
  const ms = durationMs(text);
  assert(ms !== undefined, "durations are validated before a job is stored");
  return ms;
}
