import type { Answer } from "../core/answer.ts";
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

/** An answer with the delivery it belongs to. */
export interface Answered {
  readonly runId: string;
  readonly attempt: number;
  readonly send: number;
  readonly answer: Answer;
  readonly status: number | null;
  readonly phases: { readonly [phase: string]: number } | null;
}

/** Names one sending of one attempt of a run. */
export type SendingRef = Pick<Delivery, "runId" | "attempt" | "send">;

/** The same as a key: each sending of each attempt of each run has its own. */
export function sendingKey({ runId, attempt, send }: SendingRef): string {
  return `${runId}#${attempt}#${send}`;
}

export interface Dispatcher {
  /** Sends one delivery and returns what came of it. Never rejects. */
  send(delivery: Delivery): Promise<Answered>;
  /**
   * Breaks off a delivery whose run was canceled, as far as that still can be: the promise of its `send`
   * then resolves at once. One that is not out is no mistake.
   */
  abort(sending: SendingRef): void;
}
