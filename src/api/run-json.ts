import { z } from "@hono/zod-openapi";
import {
  isEnded,
  type Attempt,
  type Run,
  type RunProgress,
  type RunTally,
  type WorkflowPart,
} from "../core/run.ts";
import { anyJson, instantOut, isoText, isoTextOrNull, jsonObjectOut } from "./wire.ts";

export const runError = z
  .object({ message: z.string(), code: z.string().nullable() })
  .openapi("RunError");

const attempt = z
  .object({
    attempt: z.number(),
    send: z.number().openapi({ description: "How often this attempt was sent." }),
    node: z.string().nullable(),
    sentAt: instantOut,
    answeredAt: instantOut.nullable(),
    outcome: z.enum([
      "in_flight",
      "accepted",
      "succeeded",
      "failed",
      "timed_out",
      "lost",
      "canceled",
    ]),
    status: z.number().nullable(),
    error: runError.nullable(),
    phases: z.record(z.string(), z.number()).nullable(),
    late: z.boolean(),
  })
  .openapi("Attempt");

export const RUN_STATES = [
  "waiting",
  "dispatching",
  "running",
  "retrying",
  "succeeded",
  "failed",
  "timed_out",
  "canceled",
  "lost",
] as const;

export const TRIGGER_KINDS = [
  "tick",
  "api",
  "manual",
  "retry",
  "backfill",
  "shard",
  "workflow",
] as const;

/** A run as every answer shows it. */
export const runOut = z
  .object({
    id: z.string(),
    job: z.string(),
    jobId: z.string(),
    jobVersion: z.number().openapi({ description: "Of the job or workflow it was made from." }),
    namespace: z.string(),
    trigger: z.object({
      kind: z.enum(TRIGGER_KINDS),
      tick: instantOut.optional(),
      origin: z.string().optional(),
      backfill: z.string().optional(),
      parent: z.string().optional().openapi({ description: "The sharded run of a shard's run." }),
    }),
    nominalAt: instantOut,
    state: z.enum(RUN_STATES),
    attempt: z.number(),
    attemptsMax: z.number(),
    delivery: z.enum(["at_least_once", "at_most_once"]),
    traceparent: z
      .string()
      .nullable()
      .openapi({ description: "The trace context that its caller sent." }),
    params: jsonObjectOut,
    result: anyJson,
    resultTruncated: z.boolean(),
    error: runError.nullable(),
    node: z.string().nullable(),
    dueAt: instantOut.nullable(),
    startedAt: instantOut.nullable(),
    endedAt: instantOut.nullable(),
    createdAt: instantOut,
    cancelReason: z.string().nullable(),
    cancelRequestedAt: instantOut.nullable(),
    progress: z
      .object({ percent: z.number().nullable(), message: z.string().nullable(), at: instantOut })
      .nullable(),
    shard: z
      .object({
        index: z.number(),
        total: z.number(),
        items: z.array(anyJson).readonly().nullable(),
        node: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: "Of a shard's run: what it works on." }),
    shards: z
      .object({
        total: z.number(),
        succeeded: z.number(),
        failed: z.number(),
        canceled: z.number(),
        failedShards: z
          .array(z.number())
          .readonly()
          .openapi({ description: "The indexes of the first hundred that failed." }),
      })
      .nullable()
      .openapi({ description: "Of a sharded run: how its shards stand." }),
    workflow: z
      .object({
        run: z.string().openapi({ description: "The workflow run." }),
        step: z.string(),
        part: z
          .number()
          .nullable()
          .openapi({ description: "The task or item, from 0; null where the step has one run." }),
        revision: z.number(),
        compensation: z.boolean().openapi({ description: "It undoes the step." }),
      })
      .nullable()
      .openapi({ description: "Whose step it does; `job` is then the workflow's name." }),
    attempts: z.array(attempt),
    version: z.number(),
  })
  .openapi("Run");

export type RunJson = z.infer<typeof runOut>;

export function runJson(run: Run): RunJson {
  const { phase, order } = run;
  return {
    id: run.id,
    job: run.jobName,
    jobId: run.jobId,
    jobVersion: run.jobVersion,
    namespace: run.namespace,
    trigger: triggerJson(run),
    nominalAt: isoText(run.nominalMs),
    state: phase.state,
    attempt: phase.attempt,
    attemptsMax: order.retry.attemptsMax,
    delivery: order.delivery,
    traceparent: run.traceparent,
    params: order.params,
    result: run.result,
    resultTruncated: run.resultTruncated,
    error: run.error,
    node: run.attempts.at(-1)?.node ?? order.node,
    dueAt: isEnded(phase) ? null : isoText(phase.dueMs),
    startedAt: isoTextOrNull(run.startedMs),
    endedAt: isEnded(phase) ? isoText(phase.endedMs) : null,
    createdAt: isoText(run.createdMs),
    cancelReason: run.cancelReason,
    cancelRequestedAt: isoTextOrNull(run.cancelRequestedMs),
    progress: run.progress === null ? null : progressJson(run.progress),
    shard: run.slice,
    shards: run.tally === null ? null : tallyJson(run.tally),
    workflow: run.trigger.kind === "workflow" ? partJson(run.trigger) : null,
    attempts: run.attempts.map(attemptJson),
    version: run.version,
  };
}

function triggerJson({ trigger }: Run): RunJson["trigger"] {
  if (trigger.kind === "tick") return { kind: "tick", tick: isoText(trigger.tickMs) };
  if (trigger.kind === "shard") return { kind: "shard", parent: trigger.parent };
  if (trigger.kind === "workflow") return { kind: "workflow" };
  if (trigger.kind !== "backfill") return trigger;
  const { kind, backfill, tickMs } = trigger;
  return { kind, backfill, tick: isoText(tickMs) };
}

function partJson(part: WorkflowPart): RunJson["workflow"] {
  return {
    run: part.workflowRun,
    step: part.stepName,
    part: part.part < 0 ? null : part.part,
    revision: part.revision,
    compensation: part.isCompensation,
  };
}

function tallyJson({ failedSlices, ...counts }: RunTally): RunJson["shards"] {
  return { ...counts, failedShards: failedSlices };
}

function progressJson({ percent, message, atMs }: RunProgress): RunJson["progress"] {
  return { percent, message, at: isoText(atMs) };
}

/** Without the callback's digest, which is our own bookkeeping. */
function attemptJson(tried: Attempt): RunJson["attempts"][number] {
  const { attempt: number, send, node, outcome, status, phases, late } = tried;
  return {
    attempt: number,
    send,
    node,
    sentAt: isoText(tried.sentMs),
    answeredAt: isoTextOrNull(tried.answeredMs),
    outcome,
    status,
    error: tried.error,
    phases,
    late,
  };
}
