import { createRoute, z } from "@hono/zod-openapi";
import { durationMs } from "../core/duration.ts";
import { isEnded, type RunState } from "../core/run.ts";
import { shardOfId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceOf, shardOfRun, traceparentOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { RUN_STATES, runJson, runOut, TRIGGER_KINDS } from "./run-json.ts";
import type { RunStore } from "./run-store.ts";
import { callShard, unlessRefused } from "./shard-call.ts";
import {
  duration,
  idempotencyHeader,
  instant,
  jsonAnswer,
  jsonObject,
  optionalJsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  sentInstantMs,
  SPAN_MS,
  WIRE_LIMITS,
  waitMsOf,
  waitQuery,
} from "./wire.ts";

const RUNS = `${BASE_PATH}/runs`;
const runParam = z.strictObject({ run: z.string().min(1).max(64) });

/** One state, or several with commas between. */
const states = z
  .string()
  .max(200)
  .transform((text) => text.split(","))
  .refine((names) => names.every(isRunState), {
    message: `Not of ${RUN_STATES.join(", ")}.`,
  })
  .transform((names) => names.filter(isRunState))
  .openapi({ type: "string", example: "failed,timed_out" });

const listRuns = createRoute({
  method: "get",
  path: RUNS,
  summary: "List runs, newest first",
  request: {
    query: z.strictObject({
      ...pageQuery,
      job: z.string().min(1).max(WIRE_LIMITS.nameChars).optional(),
      state: states.optional(),
      trigger: z.enum(TRIGGER_KINDS).optional(),
      backfill: z.string().min(1).max(64).optional().openapi({ description: "The id of one." }),
      node: z.string().min(1).max(2_048).optional(),
      from: instant.optional(),
      to: instant.optional(),
      slowerThan: duration({ msMin: 0, msMax: SPAN_MS.year }).optional(),
      q: z.string().min(1).max(WIRE_LIMITS.queryChars).optional(),
    }),
  },
  responses: {
    200: jsonAnswer("One page of runs, up to a second behind.", pageOf(runOut)),
    ...problemAnswers,
  },
});

const getRun = createRoute({
  method: "get",
  path: `${RUNS}/{run}`,
  summary: "A run with its attempts",
  request: { params: runParam, query: z.strictObject({ wait: waitQuery }) },
  responses: { 200: jsonAnswer("The run.", runOut), ...problemAnswers },
});

const cancelRun = createRoute({
  method: "post",
  path: `${RUNS}/{run}/cancel`,
  summary: "Cancel a run",
  request: {
    headers: idempotencyHeader,
    params: runParam,
    body: optionalJsonBody(
      z.strictObject({ reason: z.string().max(WIRE_LIMITS.textChars).nullable().optional() }),
    ),
  },
  responses: { 200: jsonAnswer("The canceled run.", runOut), ...problemAnswers },
});

const retryRun = createRoute({
  method: "post",
  path: `${RUNS}/{run}/retry`,
  summary: "Do an ended run again, as a new run that names its origin",
  request: {
    headers: idempotencyHeader,
    params: runParam,
    body: optionalJsonBody(z.strictObject({ params: jsonObject.optional() })),
  },
  responses: { 202: jsonAnswer("The new run.", runOut), ...problemAnswers },
});

export function addRunRoutes(api: Api, deps: ApiDeps, runs: RunStore): void {
  api.openapi(listRuns, async (c) => {
    const { limit, cursor, job, state, trigger, backfill, node, q, ...times } =
      c.req.valid("query");
    const page = await deps.records.runs({
      namespace: namespaceOf(c),
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
      job: job ?? null,
      trigger: trigger ?? null,
      backfill: backfill ?? null,
      node: node ?? null,
      q: q ?? null,
      states: state ?? [],
      fromMs: sentInstantMs(times.from),
      toMs: sentInstantMs(times.to),
      slowerThanMs: sentDurationMs(times.slowerThan),
    });
    return c.json({ items: page.items.map(runJson), nextCursor: page.nextCursor }, 200);
  });

  api.openapi(getRun, async (c) => {
    const found = await runs.get(namespaceOf(c), c.req.valid("param").run);
    const run = await runs.waited(found, waitMsOf(c.req.valid("query").wait));
    c.header("ETag", etagOf(run.version));
    return c.json(runJson(run), 200);
  });
  addRunActions(api, deps, runs);
}

function addRunActions(api: Api, deps: ApiDeps, runs: RunStore): void {
  const { shards } = deps;
  api.openapi(cancelRun, async (c) => {
    const { run } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const shard = shardOfRun(run, shards.count);
    const input = { ref: { namespace, run }, reason: c.req.valid("json").reason ?? null };
    const order = { shard, kind: "run.cancel", input, idempotency: idempotencyOf(c) } as const;
    const answer = await unlessRefused(["run.unknown"], callShard(shards, order));
    if (answer === null) {
      // What has left its shard has ended; what the records do not know either is unknown.
      const { id, phase } = await runs.get(namespace, run);
      throw new Refusal("run.ended", `Run ${id} has ended already: ${phase.state}.`);
    }
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(answer.value.run.version));
    return c.json(runJson(answer.value.run), 200);
  });

  api.openapi(retryRun, async (c) => {
    const origin = await runs.get(namespaceOf(c), c.req.valid("param").run);
    if (!isEnded(origin.phase))
      throw new Refusal("run.not_ended", `Run ${origin.id} is ${origin.phase.state}.`);
    const shard = shardOfId("job", origin.jobId, shards.count) ?? 0;
    const params = c.req.valid("json").params ?? null;
    const input = { origin, slices: null, params, traceparent: traceparentOf(c) };
    const order = { shard, kind: "run.retry", input, idempotency: idempotencyOf(c) } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    c.header("ETag", etagOf(value.run.version));
    c.header("Location", `${RUNS}/${value.run.id}`);
    return c.json(runJson(value.run), 202);
  });
}

function sentDurationMs(text: string | undefined): number | null {
  return text === undefined ? null : (durationMs(text) ?? null);
}

function isRunState(text: string): text is RunState {
  return RUN_STATES.some((state) => state === text);
}
