import type { Json } from "./json.ts";
import type { RunError } from "./run.ts";

/** What came of a delivery. Never an exception: a dead executor is an answer like any other. */
export type Answer =
  /** 2xx. */
  | {
      readonly kind: "succeeded";
      readonly result: Json;
      readonly truncated: boolean;
      /** What it lays over the shared context of its workflow run; null changes nothing. */
      readonly context: { readonly [key: string]: Json } | null;
    }
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
