import type { DstRule, ScheduleBounds } from "../../src/core/job.ts";

const UNBOUNDED: ScheduleBounds = { startAt: null, endAt: null, ticksMax: null };
const DST: DstRule = { gap: "shift", fold: "first" };

/** What an interval says besides its length and its anchor, unless a test cares. */
export const EVERY_DEFAULTS = {
  ...UNBOUNDED,
  timezone: "UTC",
  jitter: "0s",
  calendar: null,
} as const;

/** What a cron schedule says besides its pattern, its dialect and its zone. */
export const CRON_DEFAULTS = { ...UNBOUNDED, dst: DST, jitter: "0s", calendar: null } as const;

/** What a fixed delay says besides its delay. */
export const AFTER_DEFAULTS = { ...UNBOUNDED } as const;

/** What an executor target says besides the executor and the handler. */
export const EXECUTOR_DEFAULTS = {
  route: "round_robin",
  hashKey: null,
  node: null,
  tags: [],
  onNodeLost: "resend",
} as const;
