import type { Json } from "../core/json.ts";

/** Which share of a sharded run this is. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly total: number;
  /** This shard's items; null where the sharding has none. */
  readonly items: readonly Json[] | null;
}

/** Which step of a workflow run a run does. */
export interface WorkflowStep {
  /** The id of the workflow run. */
  readonly run: string;
  /** The step's name. */
  readonly step: string;
  /** From 1; each time that people had steps done again it is one more. */
  readonly revision: number;
  /** The task or item, from 0; null where the step has one run. */
  readonly part: number | null;
  /** The step had succeeded, and this run undoes it. */
  readonly isCompensation: boolean;
  /** What the steps share, as it was when this run was sent. */
  readonly context: { readonly [key: string]: Json };
}

/** The same with what a handler may do about it. */
export interface WorkflowHandle extends WorkflowStep {
  /**
   * Lays values over the shared context, key by key, for the steps to come: with the run's success, and not at
   * all when it fails. Several updates add up. Throws `NonRetryable` when they are no JSON, or longer than
   * 65,536 characters as JSON; the whole shared context may be no longer either, which the scheduler judges.
   */
  readonly update: (values: { readonly [key: string]: unknown }) => void;
}

/** Writes lines that are shown with the run. They are sent in batches, and never block. */
export interface RunLogger {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** What a handler is told about the attempt that it works on. */
export interface HandlerContext {
  readonly params: { readonly [key: string]: Json };
  /** The same in all attempts: what was done under this id need not be done again. */
  readonly run: string;
  readonly job: string;
  readonly handler: string;
  /** What brought the run into being: `tick`, `manual`, `api`, `retry`, `backfill`, `shard` or `workflow`. */
  readonly trigger: string;
  /** From 1. */
  readonly attempt: number;
  readonly attemptsMax: number;
  /** Null when the run is not sharded. */
  readonly shard: Shard | null;
  /** Null when the run is no step of a workflow. */
  readonly workflow: WorkflowHandle | null;
  /** The time that the run stands for, however late it comes. */
  readonly nominalAt: Date;
  /** When the attempt ends unless its lease is extended, which happens by itself. */
  readonly deadlineAt: Date;
  /** Aborts when the run is canceled, when its lease is lost, and when the executor stops. */
  readonly signal: AbortSignal;
  readonly log: RunLogger;
  /** How far it is: percent from 0 to 100, and in words. The latest is sent every few seconds. */
  readonly progress: (percent: number, message?: string) => void;
}

/**
 * Does the work. What it returns (JSON, or nothing) is the run's result; what it throws fails the attempt.
 * To end as canceled, throw when `ctx.signal` aborts: `ctx.signal.throwIfAborted()`.
 */
export type Handler = (ctx: HandlerContext) => unknown;

export type Handlers = Readonly<Record<string, Handler>>;

/** Thrown by a handler: the run fails, and is not tried again. */
export class NonRetryable extends Error {
  override readonly name = "NonRetryable";
}

/**
 * Thrown by a handler: not now. The attempt fails, and the next one waits at least so long, unless the
 * run was accepted for a callback, which carries no such wish: then the job's own backoff decides.
 */
export class RetryAfter extends Error {
  override readonly name = "RetryAfter";
  readonly ms: number;

  constructor(ms: number, message = "not now") {
    super(message);
    this.ms = ms;
  }
}
