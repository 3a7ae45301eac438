import type { Json } from "./json.ts";
import type { DurationText } from "./duration.ts";

/**
 * When a job is due. This is the form on the wire and in storage; `schedule.ts` makes it computable.
 * An instant is RFC 3339 text, a duration is text such as `"30s"`, a jitter never reaches the next tick.
 */
export type ScheduleSpec =
  | {
      readonly kind: "cron";
      readonly cron: string;
      readonly dialect: "standard" | "quartz";
      /** IANA zone. */
      readonly timezone: string;
      readonly jitter: DurationText;
    }
  | {
      readonly kind: "every";
      readonly every: DurationText;
      /** The instant from which the intervals are counted. */
      readonly anchor: string;
      readonly jitter: DurationText;
    }
  | { readonly kind: "at"; readonly at: string }
  | { readonly kind: "manual" };

/** What a job calls. */
export type TargetSpec =
  | {
      readonly kind: "webhook";
      readonly url: string;
      readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      readonly headers: Readonly<Record<string, string>>;
      /** JSON to send; null sends the delivery's own description (run, job, params, …). */
      readonly body: Json;
      /** `async` makes a 202 wait for a callback. */
      readonly mode: "sync" | "async";
    }
  | {
      readonly kind: "executor";
      /** The appKey. */
      readonly executor: string;
      readonly handler: string;
      readonly route: "round_robin";
    };

export interface MisfireSpec {
  readonly policy: "skip" | "latest" | "all";
  /** A tick found later than this is missed. */
  readonly grace: DurationText;
  /** A missed tick older than this is never caught up. */
  readonly maxAge: DurationText;
  readonly maxCatchup: number;
}

export interface RetrySpec {
  /** Retries after the first attempt. */
  readonly max: number;
  readonly backoff: {
    readonly kind: "exponential";
    readonly base: DurationText;
    readonly factor: number;
    readonly max: DurationText;
  };
  readonly jitter: "full" | "none";
  /** Give up when the next attempt would come at or after the schedule's next tick. */
  readonly untilNextTick: boolean;
}

/** Everything that a user says about a job, with every default filled in. */
export interface JobSpec {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly tags: readonly string[];
  readonly schedule: ScheduleSpec;
  readonly target: TargetSpec;
  readonly params: { readonly [key: string]: Json };
  readonly misfire: MisfireSpec;
  readonly overlap: "skip" | "allow";
  readonly retry: RetrySpec;
  readonly timeout: DurationText;
  /** How late a run may start; null is any. */
  readonly startWithin: DurationText | null;
  readonly delivery: "at_least_once" | "at_most_once";
}

export interface JobPause {
  readonly sinceMs: number;
  /** When it resumes by itself; null is never. */
  readonly untilMs: number | null;
  readonly reason: string | null;
  /**
   * The last accounted tick when the pause began: while a job is paused it has no due entry that
   * could carry it.
   */
  readonly cursorMs: number;
}

/**
 * A job as its shard stores it: what the user said, plus its life.
 * `active` jobs have a due entry unless their schedule is manual; `paused` ones have `pause`;
 * `ended` ones had a schedule that fires no more.
 */
export interface Job {
  readonly id: string;
  readonly namespace: string;
  /** Counts every change of the row, from 1. It is the ETag, and the fence of the records. */
  readonly version: number;
  readonly state: "active" | "paused" | "ended";
  readonly spec: JobSpec;
  readonly pause: JobPause | null;
  readonly createdMs: number;
  /**
   * When it last changed. It never falls, though a clock may. No tick up to here fires again once the
   * job has no due entry to carry the last accounted one.
   */
  readonly updatedMs: number;
}
