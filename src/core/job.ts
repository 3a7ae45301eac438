import type { Json } from "./json.ts";
import type { DurationText } from "./duration.ts";

/** How a schedule is bounded, whatever its kind. Instants are RFC 3339 text; null is no bound. */
export interface ScheduleBounds {
  /** No tick lies before it. */
  readonly startAt: string | null;
  /** No tick lies after it; one exactly at it counts. */
  readonly endAt: string | null;
  /** How many ticks there are, counted from `startAt`, which is then always set. */
  readonly ticksMax: number | null;
}

/** Which days a schedule may run on, and what becomes of a tick on another day. */
export interface CalendarUse {
  /** A calendar of the job's namespace. */
  readonly name: string;
  /**
   * `skip`: the tick is accounted for as skipped. `previous`, `next`: it moves to the same local time of
   * the nearest open day before or after; ticks that fall together are one.
   */
  readonly roll: "skip" | "previous" | "next";
}

/** What the changes of the clocks do to a fixed-time pattern. */
export interface DstRule {
  /** A local time that does not exist: at the first instant after the gap, or not at all. */
  readonly gap: "shift" | "skip";
  /** A local time that comes twice. */
  readonly fold: "first" | "last" | "both";
}

/**
 * When a job is due. This is the form on the wire and in storage; `schedule.ts` makes it computable.
 * An instant is RFC 3339 text, a duration is text such as `"30s"`, a jitter never reaches the next tick,
 * a time zone is an IANA name.
 */
export type ScheduleSpec =
  | (ScheduleBounds & {
      readonly kind: "cron";
      readonly cron: string;
      readonly dialect: "standard" | "quartz";
      readonly timezone: string;
      readonly dst: DstRule;
      readonly jitter: DurationText;
      readonly calendar: CalendarUse | null;
    })
  | (ScheduleBounds & {
      readonly kind: "every";
      readonly every: DurationText;
      /** The instant from which the intervals are counted. */
      readonly anchor: string;
      /** Whose days the calendar means. */
      readonly timezone: string;
      readonly jitter: DurationText;
      readonly calendar: CalendarUse | null;
    })
  | (ScheduleBounds & {
      readonly kind: "after";
      /** From the end of a tick's run to the next tick. */
      readonly delay: DurationText;
    })
  | { readonly kind: "at"; readonly at: string }
  | { readonly kind: "manual" };

/** The calendar that a schedule keeps to; null when it runs on any day. */
export function calendarNameOf(schedule: ScheduleSpec): string | null {
  return "calendar" in schedule ? (schedule.calendar?.name ?? null) : null;
}

/**
 * What becomes of a run when the job has as many as it may: `skip` it, let one wait (`buffer_one`), let all
 * wait in nominal order (`buffer_all`), cancel the others for it (`cancel_other`), or no such limit
 * (`allow`, where only `concurrency` makes it wait).
 */
export type OverlapPolicy = "skip" | "buffer_one" | "buffer_all" | "cancel_other" | "allow";

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
      readonly route: RoutePolicy;
      /** What `consistent_hash` hashes, in CEL over `job`, `params` and `nominalAt`; null hashes the job's name. */
      readonly hashKey: string | null;
      /** The node that it goes to, by id or address, or those among which the route chooses; null is any. */
      readonly node: string | readonly string[] | null;
      /** Only nodes that have all of these. */
      readonly tags: readonly string[];
      /** What becomes of an attempt whose node is offline. */
      readonly onNodeLost: NodeLostPolicy;
    }
  /** A workflow of the same namespace, by its name: the run ends with the workflow run that it starts. */
  | { readonly kind: "workflow"; readonly workflow: string };

/** How a node is chosen among those that may get a delivery. */
export const ROUTE_POLICIES = [
  "round_robin",
  /** Smooth: a node of weight 3 gets three of four, spread evenly, beside one of weight 1. */
  "weighted_round_robin",
  "random",
  "weighted_random",
  /** The same key goes to the same node, and few keys move when a node comes or goes. */
  "consistent_hash",
  "least_in_flight",
  "least_recently_used",
  /** By the order in which they were listed or registered. */
  "first",
  "last",
] as const;

export type RoutePolicy = (typeof ROUTE_POLICIES)[number];

/**
 * `resend`: the attempt is unknown, so it is sent again to another node (an at-most-once run is lost);
 * `fail`: the attempt has failed; `wait`: its lease decides.
 */
export type NodeLostPolicy = "resend" | "fail" | "wait";

/**
 * How one occasion of a job is split into slices, each a run of its own. `items`: every item is in exactly
 * one slice, one slice a node that is online, by weight or evenly; `count`: so many slices; `broadcast`: one
 * for each node that is online, and only for that one.
 */
export type ShardingSpec = { readonly success: SuccessRule } & (
  | { readonly mode: "items"; readonly items: readonly Json[]; readonly by: "weight" | "even" }
  | { readonly mode: "count"; readonly total: number }
  | { readonly mode: "broadcast" }
);

/** How many slices must succeed for the whole to succeed. When enough have, the others are canceled. */
export type SuccessRule =
  | { readonly mode: "all" }
  | { readonly mode: "any" }
  | { readonly mode: "count"; readonly count: number };

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
  /** Null: one run an occasion. Only with an executor. */
  readonly sharding: ShardingSpec | null;
  readonly misfire: MisfireSpec;
  readonly overlap: OverlapPolicy;
  readonly retry: RetrySpec;
  readonly timeout: DurationText;
  /** How late a run may start; null is any. */
  readonly startWithin: DurationText | null;
  readonly delivery: "at_least_once" | "at_most_once";
  /** Where slots are short, runs of higher priority start first: -100 to 100. */
  readonly priority: number;
  /** Runs of this job that may have started and not ended; null is 1, or no bound with `allow`. */
  readonly concurrency: number | null;
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
  /** Ticks so far, counted only for a fixed delay with `ticksMax`, whose ticks no formula gives; else 0. */
  readonly ticksDone: number;
  /**
   * When it last changed. It never falls, though a clock may. No tick up to here fires again once the
   * job has no due entry to carry the last accounted one.
   */
  readonly updatedMs: number;
}
