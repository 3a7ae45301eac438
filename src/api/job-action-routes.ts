import { createRoute, z } from "@hono/zod-openapi";
import { durationMs } from "../core/duration.ts";
import { isEnded } from "../core/run.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { ownView } from "./executor-limit.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { jobOut, jobViewJson } from "./job-json.ts";
import { jobParam } from "./job-routes.ts";
import { namespaceOf, placeOfJob, traceparentOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { runJson, runOut } from "./run-json.ts";
import type { RunStore } from "./run-store.ts";
import { callShard } from "./shard-call.ts";
import {
  duration,
  idempotencyHeader,
  instant,
  jsonAnswer,
  jsonObject,
  optionalJsonBody,
  problemAnswers,
  sentInstantMs,
  SPAN_MS,
  WIRE_LIMITS,
  waitMsOf,
  waitQuery,
} from "./wire.ts";

const ONE_JOB = `${BASE_PATH}/jobs/{job}`;
/** How far ahead a run may be asked for. */
const AHEAD_MS_MAX = 10 * SPAN_MS.year;

const pauseJob = createRoute({
  method: "post",
  path: `${ONE_JOB}/pause`,
  summary: "Pause a job",
  request: {
    headers: idempotencyHeader,
    params: jobParam,
    body: optionalJsonBody(
      z.strictObject({
        until: instant.nullable().optional(),
        reason: z.string().max(WIRE_LIMITS.textChars).nullable().optional(),
      }),
    ),
  },
  responses: { 200: jsonAnswer("The paused job.", jobOut), ...problemAnswers },
});

const resumeJob = createRoute({
  method: "post",
  path: `${ONE_JOB}/resume`,
  summary: "End a pause",
  request: {
    headers: idempotencyHeader,
    params: jobParam,
    body: optionalJsonBody(
      z.strictObject({ missed: z.enum(["skip", "latest", "all"]).optional() }),
    ),
  },
  responses: { 200: jsonAnswer("The job as it is now.", jobOut), ...problemAnswers },
});

const runNow = createRoute({
  method: "post",
  path: `${ONE_JOB}/runs`,
  summary: "Run a job now, or once at another time",
  request: {
    headers: idempotencyHeader,
    params: jobParam,
    query: z.strictObject({ wait: waitQuery, overlap: z.literal("allow").optional() }),
    body: optionalJsonBody(
      z
        .strictObject({
          params: jsonObject.optional(),
          node: z.string().min(1).max(2_048).optional(),
          at: instant.optional(),
          delay: duration({ msMin: 0, msMax: AHEAD_MS_MAX }).optional(),
        })
        .refine((body) => body.at === undefined || body.delay === undefined, {
          path: ["delay"],
          message: "Send at or delay, not both.",
        }),
    ),
  },
  responses: {
    200: jsonAnswer("The run, which has ended within the wait.", runOut),
    202: jsonAnswer("The new run.", runOut),
    ...problemAnswers,
  },
});

/** What can be done with a job besides changing it. */
export function addJobActionRoutes(api: Api, deps: ApiDeps, runs: RunStore): void {
  const { shards } = deps;
  api.openapi(pauseJob, async (c) => {
    const { until, reason } = c.req.valid("json");
    const { shard, ref } = placeOfJob(namespaceOf(c), c.req.valid("param").job, shards.count);
    const input = { ref, untilMs: sentInstantMs(until), reason: reason ?? null };
    const order = { shard, kind: "job.pause", input, idempotency: idempotencyOf(c) } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    c.header("ETag", etagOf(value.view.job.version));
    return c.json(jobViewJson(ownView(c, value.view)), 200);
  });

  api.openapi(resumeJob, async (c) => {
    const { shard, ref } = placeOfJob(namespaceOf(c), c.req.valid("param").job, shards.count);
    const input = { ref, missed: c.req.valid("json").missed ?? null };
    const order = { shard, kind: "job.resume", input, idempotency: idempotencyOf(c) } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    c.header("ETag", etagOf(value.view.job.version));
    return c.json(jobViewJson(ownView(c, value.view)), 200);
  });

  api.openapi(runNow, async (c) => {
    const body = c.req.valid("json");
    const { wait, overlap } = c.req.valid("query");
    const { shard, ref } = placeOfJob(namespaceOf(c), c.req.valid("param").job, shards.count);
    const input = {
      ref,
      trigger: "api",
      params: body.params ?? null,
      node: body.node ?? null,
      atMs: dueMsOf(body, c.get("nowMs")),
      overlap: overlap ?? null,
      traceparent: traceparentOf(c),
    } as const;
    const order = { shard, kind: "run.create", input, idempotency: idempotencyOf(c) } as const;
    const { value, isReplay } = await callShard(shards, order);
    const run = await runs.waited(value.run, waitMsOf(wait));
    markReplay(c, isReplay);
    c.header("ETag", etagOf(run.version));
    c.header("Location", `${BASE_PATH}/runs/${run.id}`);
    return c.json(runJson(run), isEnded(run.phase) ? 200 : 202);
  });
}

/** When the run is wanted; null is now. */
function dueMsOf(
  body: { readonly at?: string | undefined; readonly delay?: string | undefined },
  nowMs: number,
): number | null {
  const delayMs = body.delay === undefined ? undefined : durationMs(body.delay);
  const atMs = delayMs === undefined ? sentInstantMs(body.at) : nowMs + delayMs;
  if (atMs === null || atMs - nowMs <= AHEAD_MS_MAX) return atMs;
  throw new Refusal("request.invalid", "The run is wanted too far in the future.", {
    errors: [{ pointer: "/at", message: "More than ten years ahead." }],
    hint: 'Give a job the schedule {"kind": "at"} for what is that far away.',
  });
}
