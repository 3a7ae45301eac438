import { durationMs } from "../../src/core/duration.ts";
import type { JobSpec } from "../../src/core/job.ts";

/** A duration as specs write it, in milliseconds. */
export function ms(text: string): number {
  return durationMs(text) ?? Number.NaN;
}

/** How much later than its nominal time a tick of the job may start. */
export function jitterMs({ schedule }: JobSpec): number {
  return "jitter" in schedule ? ms(schedule.jitter) : 0;
}
