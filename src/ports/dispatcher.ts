import type { Json } from "../core/json.ts";
import type { TargetSpec } from "../core/job.ts";
import type { RunError, Trigger } from "../core/run.ts";

/** Where a delivery goes and with whose secret: what `route()` chose from the shard's copy of the directory. */
export type Route =
  | {
      readonly kind: "webhook";
      readonly target: Extract<TargetSpec, { readonly kind: "webhook" }>;
      /** Generations of the namespace's signing secret that sign: the current one first. */
      readonly signingGenerations: readonly number[];
    }
  | {
      readonly kind: "executor";
      readonly target: Extract<TargetSpec, { readonly kind: "executor" }>;
      /** Base address of the chosen node, such as `https://worker-3.example.com`. */
      readonly address: string;
      readonly appKey: string;
      /** The appSecret as the cipher sealed it, under the associated data `secretContext(...)`. */
      readonly sealedSecret: string;
    }
  /** Nothing could be chosen: the dispatcher answers `failed` without sending a byte. */
  | { readonly kind: "none"; readonly error: RunError };

/** One request that a shard hands out. Its intent is stored before the dispatcher sees it. */
export interface Delivery {
  readonly runId: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly namespace: string;
  readonly attempt: number;
  readonly send: number;
  readonly attemptsMax: number;
  readonly nominalMs: number;
  readonly trigger: Trigger["kind"];
  readonly params: { readonly [key: string]: Json };
  readonly route: Route;
  /** When the shard decided to send. */
  readonly sentMs: number;
  /** How long the dispatcher may wait for the whole answer. */
  readonly timeoutMs: number;
  readonly traceparent: string | null;
}

/** What came of a delivery. Never an exception: a dead executor is an answer like any other. */
export type Answer =
  /** 2xx. */
  | { readonly kind: "succeeded"; readonly result: Json; readonly truncated: boolean }
  /** 202 where the target may call back: its lease begins. */
  | { readonly kind: "accepted" }
  | {
      readonly kind: "failed";
      readonly error: RunError;
      /** False when the target said not to try again (`"retry": false`, 489). */
      readonly retry: boolean;
      /** What Retry-After asked for; null when it was absent. */
      readonly retryAfterMs: number | null;
      /** False when it is certain that no byte of the request reached the target. */
      readonly delivered: boolean;
      /** A webhook answered 410: its job is to be paused. */
      readonly gone: boolean;
    }
  /** No answer within the timeout. The target may have done the work. */
  | { readonly kind: "timed_out" }
  /** The connection was cut after the request had left, or whoever carried it died. */
  | { readonly kind: "unknown"; readonly error: RunError };

export interface Answered {
  readonly runId: string;
  readonly attempt: number;
  readonly send: number;
  readonly answer: Answer;
  readonly status: number | null;
  readonly phases: { readonly [phase: string]: number } | null;
}

export interface Dispatcher {
  /** Sends one delivery and returns what came of it. Never rejects. */
  send(delivery: Delivery): Promise<Answered>;
}
