import { z } from "@hono/zod-openapi";
import { durationMs } from "../core/duration.ts";
import { WORKFLOW_DEFAULTS } from "../core/workflow-defaults.ts";
import { WORKFLOW_LIMITS } from "../core/workflow.ts";
import { scheduleSchema } from "./schedule-schema.ts";
import { shardingSchema, type ShardingBody } from "./sharding-schema.ts";
import { targetSchema, type TargetBody } from "./target-schema.ts";
import { duration, jsonObject, SPAN_MS, WIRE_LIMITS } from "./wire.ts";

/** Never `.` or `..`: every client would take those for another path. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;
/** A name of this form would be read as an id. */
const LIKE_ID = /^(?:job|run)_[0-9a-f]{32}[0-9a-z]{2}$/;
const CATCHUP_MAX = 1_000;
const PRIORITY_MAX = 100;
const CONCURRENCY_MAX = 10_000;
const RETRIES_MAX = 50;

export const jobName = z
  .string()
  .regex(NAME, "Not 1 to 128 of the characters A-Z a-z 0-9 . _ -, or only one or two dots.")
  .refine((name) => !LIKE_ID.test(name), { message: "A name must not look like an id." })
  .openapi({ example: "nightly-report" });

const misfire = z
  .strictObject({
    policy: z.enum(["skip", "latest", "all"]).default("latest"),
    grace: duration({ msMin: 0, msMax: SPAN_MS.day }).default("5s"),
    maxAge: duration({ msMin: 0, msMax: SPAN_MS.year }).default("1h"),
    maxCatchup: z.int().min(0).max(CATCHUP_MAX).default(10),
  })
  .openapi("Misfire");

const backoff = z
  .strictObject({
    kind: z.literal("exponential").default("exponential"),
    base: duration({ msMin: 1, msMax: SPAN_MS.day }).default("10s"),
    factor: z.number().min(1).max(100).default(3),
    max: duration({ msMin: 1, msMax: 7 * SPAN_MS.day }).default("1d"),
  })
  .openapi("Backoff");

const BACKOFF = { kind: "exponential", base: "10s", factor: 3, max: "1d" } as const;

const retry = z
  .strictObject({
    max: z.int().min(0).max(RETRIES_MAX).default(3),
    backoff: backoff.default(BACKOFF),
    jitter: z.enum(["full", "none"]).default("full"),
    untilNextTick: z.boolean().default(false),
  })
  .openapi("Retry");

export type RetryBody = z.infer<typeof retry>;

/** What a job retries with when it does not say. */
export const RETRY_DEFAULT: RetryBody = {
  max: 3,
  backoff: BACKOFF,
  jitter: "full",
  untilNextTick: false,
};

const shape = {
  description: z.string().max(WIRE_LIMITS.textChars).default(""),
  owner: z.string().max(WIRE_LIMITS.nameChars).default(""),
  tags: z
    .array(z.string().min(1).max(WIRE_LIMITS.tagChars))
    .max(WIRE_LIMITS.tags)
    .readonly()
    .default([]),
  schedule: scheduleSchema,
  target: targetSchema,
  params: jsonObject.default({}),
  sharding: shardingSchema.nullable().default(null),
  misfire: misfire.default({ policy: "latest", grace: "5s", maxAge: "1h", maxCatchup: 10 }),
  overlap: z.enum(["skip", "buffer_one", "buffer_all", "cancel_other", "allow"]).default("skip"),
  retry: retry.optional(),
  timeout: duration({ msMin: SPAN_MS.second, msMax: WORKFLOW_LIMITS.timeoutMsMax })
    .optional()
    .openapi({
      description: "60s when left out, of a workflow 30d; only a workflow may take longer than 1d.",
    }),
  startWithin: duration({ msMin: 0, msMax: SPAN_MS.year }).nullable().default(null),
  delivery: z.enum(["at_least_once", "at_most_once"]).default("at_least_once"),
  priority: z.int().min(-PRIORITY_MAX).max(PRIORITY_MAX).default(0),
  concurrency: z.int().min(1).max(CONCURRENCY_MAX).nullable().default(null),
} as const;

/** The body of POST /jobs. */
export const jobBody = z
  .strictObject({ name: jobName, ...shape })
  .superRefine(refineTimeout)
  .superRefine(refineSharding)
  .openapi("JobBody");

/** The body of PUT /jobs/{name}: the name is in the path, and may be repeated. */
export const putBody = z
  .strictObject({ name: jobName.optional(), ...shape })
  .superRefine(refineTimeout)
  .superRefine(refineSharding)
  .openapi("JobPutBody");

export type JobBody = z.infer<typeof jobBody>;

/** The parts of a job as its answers show them: the same shapes, all filled in. */
export const jobParts = {
  ...shape,
  retry,
  timeout: z.string(),
  tags: z.array(z.string()).readonly(),
} as const;

/** How long an attempt may take when the job does not say: a workflow, as long as any may. */
export function timeoutOf({ target, timeout }: Pick<JobBody, "target" | "timeout">): string {
  return timeout ?? (target.kind === "workflow" ? WORKFLOW_DEFAULTS.nestedTimeout : "60s");
}

/**
 * The answer of a webhook is waited for on an open connection, and those are not kept for a day.
 */
function refineTimeout(
  { target, timeout }: { target: TargetBody; timeout?: string | undefined },
  ctx: z.RefinementCtx,
): void {
  if (timeout === undefined || target.kind === "workflow") return;
  const ms = durationMs(timeout) ?? 0;
  const isWaiting = target.kind === "webhook" && target.mode === "sync";
  const message =
    isWaiting && ms > SPAN_MS.hour
      ? 'More than 1h, which only a webhook with "mode": "async" or an executor may take.'
      : "More than 1d, which only a workflow may take.";
  if (ms <= (isWaiting ? SPAN_MS.hour : SPAN_MS.day)) return;
  ctx.addIssue({ code: "custom", path: ["timeout"], message });
}

/** Slices go to the nodes of an executor; a webhook has one address. */
function refineSharding(
  job: { target: TargetBody; sharding: ShardingBody | null },
  ctx: z.RefinementCtx,
): void {
  if (job.sharding === null || job.target.kind === "executor") return;
  ctx.addIssue({
    code: "custom",
    path: ["sharding"],
    message: "Only a job whose target is an executor can be split.",
  });
}
