import type { Answer } from "../../src/core/answer.ts";
import type { RunEvent } from "../../src/core/run-event.ts";
import type { TargetSpec } from "../../src/core/job.ts";
import type { RetryPolicy, Run, RunOrder } from "../../src/core/run.ts";
import { EXECUTOR_DEFAULTS } from "./specs.ts";

export const RUN_MS = Date.UTC(2026, 4, 1, 12);
export const TIMEOUT_MS = 10_000;

/** A run that waits for now: three attempts, a second between them, at least once. */
export function aRun(
  more: {
    readonly retry?: Partial<RetryPolicy>;
    readonly order?: Partial<RunOrder>;
  } & Partial<Omit<Run, "order">> = {},
): Run {
  const { retry, order, ...rest } = more;
  return {
    id: "run_a",
    jobId: "job_a",
    jobName: "nightly-report",
    jobVersion: 1,
    namespace: "default",
    trigger: { kind: "tick", tickMs: RUN_MS },
    nominalMs: RUN_MS,
    order: {
      target: {
        kind: "webhook",
        url: "https://example.com/hook",
        method: "POST",
        headers: {},
        body: null,
        mode: "async",
      },
      params: {},
      timeoutMs: TIMEOUT_MS,
      retry: {
        attemptsMax: 3,
        baseMs: 1_000,
        factor: 2,
        delayMsMax: 60_000,
        jitter: "none",
        beforeMs: null,
        ...retry,
      },
      delivery: "at_least_once",
      overlap: "skip",
      priority: 0,
      node: null,
      sharding: null,
      slices: null,
      ...order,
    },
    phase: { state: "waiting", attempt: 0, dueMs: RUN_MS },
    attempts: [],
    result: null,
    resultTruncated: false,
    error: null,
    cancelReason: null,
    cancelRequestedMs: null,
    progress: null,
    slice: null,
    tally: null,
    traceparent: null,
    createdMs: RUN_MS,
    startedMs: null,
    version: 1,
    ...rest,
  };
}

/** What makes it a run of an executor. */
export function executorOrder(
  target: Partial<Extract<TargetSpec, { readonly kind: "executor" }>> = {},
): Pick<RunOrder, "target"> {
  const { executor, handler } = { executor: "billing", handler: "report" };
  return { target: { kind: "executor", executor, handler, ...EXECUTOR_DEFAULTS, ...target } };
}

export function started(nowMs: number, node: string | null = null): RunEvent {
  return { kind: "started", nowMs, node };
}

export function extended(
  of: { readonly nowMs: number; readonly attempt?: number },
  progress: { readonly percent: number | null; readonly message: string | null } | null = null,
): RunEvent {
  const { nowMs, attempt = 1 } = of;
  return { kind: "extended", nowMs, attempt, progress };
}

export function answered(
  answer: Answer,
  of: { readonly nowMs: number; readonly attempt?: number; readonly send?: number },
): RunEvent {
  const { nowMs, attempt = 1, send = 1 } = of;
  const status = answer.kind === "succeeded" ? 200 : null;
  const nowhere = { phases: null, node: null };
  return { kind: "answered", nowMs, attempt, send, answer, status, ...nowhere, draw: 0.5 };
}

export function calledBack(
  status: "succeeded" | "failed" | "canceled",
  of: { readonly nowMs: number; readonly attempt?: number; readonly retry?: boolean },
): RunEvent {
  const { nowMs, attempt = 1, retry = true } = of;
  const result = status === "succeeded" ? "called back" : null;
  return {
    kind: "called_back",
    nowMs,
    attempt,
    status,
    result,
    resultTruncated: false,
    error: null,
    retry,
    digest: `${attempt} ${status}`,
    draw: 0.5,
  };
}

export const OK: Answer = { kind: "succeeded", result: "done", truncated: false, context: null };
export const ACCEPTED: Answer = { kind: "accepted" };
export const TIMED_OUT: Answer = { kind: "timed_out" };
export const CUT: Answer = { kind: "unknown", error: { message: "cut", code: "cut" } };

export function failedAnswer(
  more: Partial<Extract<Answer, { readonly kind: "failed" }>> = {},
): Answer {
  return {
    kind: "failed",
    error: { message: "It broke.", code: "http_500" },
    retry: true,
    retryAfterMs: null,
    delivered: true,
    gone: false,
    ...more,
  };
}
