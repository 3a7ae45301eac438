import type { Answer } from "../core/answer.ts";
import type { Json } from "../core/json.ts";
import type { TargetSpec } from "../core/job.ts";
import type { RunError, Slice, Trigger } from "../core/run.ts";

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
      /** The chosen node. */
      readonly node: RouteNode;
      /** Where it goes, one after the other, when no byte could reach the node before. */
      readonly alternates: readonly RouteNode[];
      readonly appKey: string;
    }
  /** Another shard, or this one, starts a workflow run: no request leaves the deployment. */
  | {
      readonly kind: "workflow";
      readonly target: Extract<TargetSpec, { readonly kind: "workflow" }>;
      /** How deep the workflow run will be. */
      readonly nesting: number;
    }
  /** Nothing could be chosen: the dispatcher answers `failed` without sending a byte. */
  | { readonly kind: "none"; readonly error: RunError };

/** A node as a delivery needs it. */
export interface RouteNode {
  /** Base address, such as `https://worker-3.example.com`. */
  readonly address: string;
  /** The appSecret that signs, as the cipher sealed it under the associated data `secretContext(...)`. */
  readonly sealedSecret: string;
}

/** What a delivery says of the workflow run whose step it does. */
export interface DeliveredStep {
  /** The id of the workflow run. */
  readonly run: string;
  readonly step: string;
  readonly revision: number;
  /** The task or item, from 0; null where the step has one run. */
  readonly part: number | null;
  readonly isCompensation: boolean;
  /** The shared context when it was sent. */
  readonly context: { readonly [key: string]: Json };
}

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
  /** What it works on, when it is one slice of a sharded run. */
  readonly slice: Slice | null;
  /** Whose step it does; null when it belongs to no workflow run. */
  readonly workflow: DeliveredStep | null;
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
  /** The address of the node that this came of, or that was tried last; null for a webhook. */
  readonly node: string | null;
  /** Nodes that could not be reached before it, in order. */
  readonly unreached: readonly string[];
}

/** Tells a node that a run is canceled. Nothing hangs on its arrival: a grace ends the run without it. */
export interface CancelNotice {
  readonly namespace: string;
  readonly appKey: string;
  readonly node: RouteNode;
  readonly runId: string;
  readonly attempt: number;
  readonly reason: string | null;
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
  /**
   * Asks the node of a run to stop it. True when the node says that the run is not under way there any
   * more, which confirms the cancel; false when it only took note, or could not be reached. Never rejects.
   */
  cancel(notice: CancelNotice): Promise<boolean>;
}
