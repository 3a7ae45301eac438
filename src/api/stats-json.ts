import { z } from "@hono/zod-openapi";
import { RUN_STATES } from "./run-json.ts";
import { instantOut } from "./wire.ts";

const progress = z
  .object({ percent: z.number().nullable(), message: z.string().nullable() })
  .nullable();

/** What the first page of the dashboard answers: is it alive, what fails, what runs, what fires next. */
export const summaryOut = z
  .object({
    at: instantOut,
    scheduler: z.object({
      state: z.enum(["ok", "late", "stalled", "unreachable"]).openapi({
        description: "late: over 5 s behind; stalled: over 30 s, or a shard not armed.",
      }),
      lagMs: z.number(),
      shards: z.object({ count: z.number(), answering: z.number(), armed: z.number() }),
      outbox: z.number(),
      isRecordsReachable: z.boolean(),
    }),
    counts: z.object({
      jobsActive: z.number(),
      jobsPaused: z.number(),
      succeeded24h: z.number(),
      failed24h: z.number().openapi({ description: "failed, timed_out and lost" }),
    }),
    attention: z
      .array(
        z.object({
          kind: z.enum([
            "job_failing",
            "workflow_failed",
            "executor_down",
            "approval_waiting",
            "scheduler",
          ]),
          severity: z.enum(["error", "warning"]),
          object: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
          count: z
            .number()
            .openapi({ description: "Failures since the last success, nodes down." }),
          since: instantOut,
          run: z.string().nullable().openapi({ description: "The last failed run." }),
          message: z.string().openapi({ description: "The error, as text from outside." }),
        }),
      )
      .openapi({ description: "The worst first, at most 50." }),
    running: z
      .array(
        z.object({
          kind: z.enum(["run", "workflow_run"]),
          id: z.string(),
          name: z.string(),
          startedAt: instantOut.nullable(),
          progress,
          expectedMs: z
            .number()
            .nullable()
            .openapi({ description: "The median of the last 20 that succeeded." }),
        }),
      )
      .openapi({ description: "At most 50, the oldest first." }),
    next: z
      .array(z.object({ job: z.string(), at: instantOut, timezone: z.string() }))
      .openapi({ description: "What fires next, at most 20." }),
  })
  .openapi("Summary");

export const trendOut = z
  .object({
    bucketMs: z.number(),
    buckets: z.array(
      z.object({
        at: instantOut,
        succeeded: z.number(),
        failed: z.number(),
        timed_out: z.number(),
        canceled: z.number(),
        lost: z.number(),
      }),
    ),
  })
  .openapi("Trend");

export const jobStatsOut = z
  .object({
    items: z.array(
      z.object({
        job: z.string(),
        id: z.string(),
        runs: z
          .array(
            z.object({
              id: z.string(),
              state: z.enum(RUN_STATES),
              at: instantOut,
              durationMs: z.number().nullable(),
              error: z.string().nullable(),
            }),
          )
          .openapi({ description: "The last 20, newest first." }),
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
        active: z
          .object({ id: z.string(), startedAt: instantOut.nullable() })
          .nullable()
          .openapi({ description: "The newest run that has not ended." }),
      }),
    ),
  })
  .openapi("JobStats");

export const firesOut = z
  .object({
    timezone: z.string(),
    items: z.array(
      z.object({
        job: z.string(),
        state: z.enum(["active", "paused", "ended"]),
        days: z.array(
          z.object({
            date: z.string().openapi({ description: "YYYY-MM-DD in the asked time zone." }),
            count: z.number(),
            times: z
              .array(instantOut)
              .nullable()
              .openapi({ description: "Null where there are more than 24." }),
          }),
        ),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .openapi("Fires");

export const aboutOut = z
  .object({
    version: z.string(),
    host: z.enum(["standalone", "workers"]),
    runtime: z.string(),
    deployment: z.string(),
    now: instantOut,
    shards: z.array(
      z.object({
        shard: z.number(),
        isAnswering: z.boolean(),
        isArmed: z.boolean(),
        lagMs: z.number(),
        outbox: z.number(),
        due: z.number(),
      }),
    ),
    records: z.object({ isReachable: z.boolean(), latencyMs: z.number().nullable() }),
  })
  .openapi("About");

export type SummaryJson = z.infer<typeof summaryOut>;
export type TrendJson = z.infer<typeof trendOut>;
export type JobStatsJson = z.infer<typeof jobStatsOut>;
export type FiresJson = z.infer<typeof firesOut>;
export type AboutJson = z.infer<typeof aboutOut>;
