import type { Json } from "./json.ts";
import type { OverlapPolicy, ShardingSpec, TargetSpec } from "./job.ts";

/** What brought a run into being: each run has exactly one cause. */
export type Trigger =
  | { readonly kind: "tick"; readonly tickMs: number }
  | { readonly kind: "api" }
  | { readonly kind: "manual" }
  | { readonly kind: "retry"; readonly origin: string }
  /** A tick of the past that a backfill runs (again). */
  | { readonly kind: "backfill"; readonly backfill: string; readonly tickMs: number }
  /** One slice of a sharded run: `parent` is that run. */
  | { readonly kind: "shard"; readonly parent: string; readonly index: number }
  | WorkflowPart;

/** The work of one step of a workflow run, or of one task or item of the step. */
export interface WorkflowPart {
  readonly kind: "workflow";
  readonly workflowRun: string;
  /** Its name, and its place in the definition, from 0. */
  readonly stepName: string;
  readonly step: number;
  /** The task or item, from 0; -1 where the step has one run. */
  readonly part: number;
  readonly revision: number;
  /** It undoes the step. */
  readonly isCompensation: boolean;
}

/** One share of a sharded run: what its own run works on. */
export interface Slice {
  /** From 0. */
  readonly index: number;
  readonly total: number;
  /** Null where the sharding has no items. */
  readonly items: readonly Json[] | null;
  /** The id of the node that it was cut for: the first choice, or with a broadcast the only one. */
  readonly node: string | null;
}

/** How a sharded run's slices stand. Those that have not ended make up the rest of `total`. */
export interface SliceTally {
  readonly total: number;
  readonly succeeded: number;
  /** Failed, timed out or lost. */
  readonly failed: number;
  readonly canceled: number;
}

/** The same with the names of those that failed, as a split run keeps it. */
export interface RunTally extends SliceTally {
  /** The indexes of the first that failed, ascending; a bounded number of them. */
  readonly failedSlices: readonly number[];
}

/** How far a run under way is: what its executor said, or how many of its slices have ended. */
export interface RunProgress {
  /** 0 to 100; null when it did not say. */
  readonly percent: number | null;
  readonly message: string | null;
  readonly atMs: number;
}

/** How a run tries again; durations in milliseconds. */
export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly delayMsMax: number;
  readonly jitter: "full" | "none";
  /** No attempt starts at or after this instant; null is no bound. */
  readonly beforeMs: number | null;
}

/** What a run was told to do when it came into being. An edit of its job does not change it. */
export interface RunOrder {
  readonly target: TargetSpec;
  readonly params: { readonly [key: string]: Json };
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly delivery: "at_least_once" | "at_most_once";
  /** What it does when its job has as many runs as it may. */
  readonly overlap: OverlapPolicy;
  /** Where slots are short, higher ones start first. */
  readonly priority: number;
  /** The node that run-now named; null lets the route choose. */
  readonly node: string | null;
  /** How it is split; null when it is not. Its slices have none. */
  readonly sharding: ShardingSpec | null;
  /** The slices that a sharded run makes, when not all anew: a retry of those that did not succeed. */
  readonly slices: readonly Slice[] | null;
}

export interface RunError {
  readonly message: string;
  readonly code: string | null;
}

/** One try of a run, as the records show it. */
export interface Attempt {
  readonly attempt: number;
  /** How often this attempt was sent: 2 when a crash hid the first answer. */
  readonly send: number;
  /** The address of the node that it went to; null for a webhook. */
  readonly node: string | null;
  readonly sentMs: number;
  readonly answeredMs: number | null;
  readonly outcome:
    | "in_flight"
    | "accepted"
    | "succeeded"
    | "failed"
    | "timed_out"
    | "lost"
    | "canceled";
  /** HTTP status of the answer, when there was one. */
  readonly status: number | null;
  readonly error: RunError | null;
  /** Milliseconds to connect, to the first byte and to the end, where they were measured. */
  readonly phases: { readonly [phase: string]: number } | null;
  /** Digest of the callback that ended it: a repeat is recognised by it. */
  readonly callbackDigest: string | null;
  /** The answer came after the run had ended, and changed nothing but this line. */
  readonly late: boolean;
}

/**
 * Where a run stands.
 *
 * `waiting` for its time; `dispatching`: its intent is stored and the request is out; `running`: the
 * executor said 202 and holds a lease until `dueMs`, or its slices are under way (then nothing was sent);
 * `retrying`: between attempts; then one of five ends, which never change. A state with `dueMs` is woken by
 * the wheel at that instant, so no run can be forgotten.
 */
export type Phase =
  | { readonly state: "waiting"; readonly attempt: 0; readonly dueMs: number }
  | {
      readonly state: "dispatching";
      readonly attempt: number;
      readonly send: number;
      readonly dueMs: number;
    }
  | {
      readonly state: "running";
      readonly attempt: number;
      readonly send: number;
      readonly dueMs: number;
    }
  | {
      readonly state: "retrying";
      readonly attempt: number;
      /** Sends of the same attempt so far when it is to be sent again; 0 starts the next attempt. */
      readonly resend: number;
      readonly dueMs: number;
    }
  | { readonly state: EndedState; readonly attempt: number; readonly endedMs: number };

export type EndedState = "succeeded" | "failed" | "timed_out" | "canceled" | "lost";
export type RunState = Phase["state"];

/** One occasion of doing a job, as its shard stores it. */
export interface Run {
  readonly id: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly jobVersion: number;
  readonly namespace: string;
  readonly trigger: Trigger;
  /** The tick's nominal time, or the time that run-now asked for. Part of the identity on the wire. */
  readonly nominalMs: number;
  readonly order: RunOrder;
  readonly phase: Phase;
  readonly attempts: readonly Attempt[];
  /** What the winning answer carried; null until then. */
  readonly result: Json;
  readonly resultTruncated: boolean;
  readonly error: RunError | null;
  readonly cancelReason: string | null;
  /** Since when its executor has been asked to stop; null when it has not been. */
  readonly cancelRequestedMs: number | null;
  readonly progress: RunProgress | null;
  /** What it works on, when it is one slice of a sharded run. */
  readonly slice: Slice | null;
  /** How its slices stand, once a sharded run has been split; else null. */
  readonly tally: RunTally | null;
  /** The W3C trace context that the caller of run-now sent; null when there was none. */
  readonly traceparent: string | null;
  readonly createdMs: number;
  /** When its first attempt was sent; null before. */
  readonly startedMs: number | null;
  /** Counts every change of the row, from 1: the records keep the highest. */
  readonly version: number;
}

/** What a run has not come to when it is made, as most never come to most of it. */
export const NOTHING_YET = {
  result: null,
  resultTruncated: false,
  error: null,
  cancelReason: null,
  cancelRequestedMs: null,
  progress: null,
  tally: null,
} as const satisfies Partial<Run>;

export const RUN_LIMITS = {
  /** How often one attempt is sent at most: a second time only when the first answer is unknown. */
  sendsPerAttemptMax: 2,
  /** How long after its timeout an attempt without any word from its dispatcher counts as lost. */
  dispatchGraceMs: 15_000,
  /** Attempts kept with a run: the newest. */
  attemptsKeptMax: 60,
  /** How long an executor that was asked to stop a run may take. */
  cancelGraceMs: 10_000,
  /** How long after an attempt was sent its lease ends at the latest, however often it is extended. */
  leaseMsMax: 7 * 86_400_000,
} as const;

const ENDED: ReadonlySet<RunState> = new Set<RunState>([
  "succeeded",
  "failed",
  "timed_out",
  "canceled",
  "lost",
]);

export function isEnded(phase: Phase): phase is Extract<Phase, { readonly endedMs: number }> {
  return ENDED.has(phase.state);
}

/** Whether an attempt is under way, as far as is known. */
export function isOut(
  phase: Phase,
): phase is Extract<Phase, { readonly state: "dispatching" | "running" }> {
  return phase.state === "dispatching" || phase.state === "running";
}

/** Whether nobody knows if the attempt arrived, so that it is about to be sent once more. */
export function isResending(phase: Phase): phase is Extract<Phase, { readonly state: "retrying" }> {
  return phase.state === "retrying" && phase.resend > 0;
}

/**
 * A run that was asked for a later time, until something happens to it: before its time has come it stands
 * in nobody's way, and then its overlap policy decides on it.
 */
export function isForLater({ phase, version, nominalMs, createdMs }: Run): boolean {
  return phase.state === "waiting" && version === 1 && nominalMs > createdMs;
}

/** A run whose time has come and that waits for the deliveries of those that were canceled for it. */
export function isHeld({ phase, nominalMs, createdMs }: Run): boolean {
  return phase.state === "waiting" && phase.dueMs > Math.max(nominalMs, createdMs);
}
