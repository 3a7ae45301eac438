import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { BACKFILL_LIMITS, type Backfill } from "../core/backfill.ts";
import { shardOfId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { BackfillRef } from "../ports/backfill-commands.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import {
  BACKFILL_OVERLAPS,
  type BackfillJson,
  backfillJson,
  backfillOut,
} from "./backfill-json.ts";
import { etagOf, ifMatchOf, versionWanted } from "./etag.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { jobParam } from "./job-routes.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { namespaceOf, placeOfJob } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { callShard } from "./shard-call.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  instant,
  jsonAnswer,
  jsonBody,
  jsonObject,
  optionalJsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  sentInstantMs,
  WIRE_LIMITS,
} from "./wire.ts";

const BACKFILLS = `${BASE_PATH}/jobs/{job}/backfills`;
const ONE_BACKFILL = `${BACKFILLS}/{backfill}`;
const LIST = "backfills";

const backfillParam = jobParam.extend({ backfill: z.string().min(1).max(64) });

const createBackfill = createRoute({
  method: "post",
  path: BACKFILLS,
  summary: "Run the ticks of a past range again; it goes on while the job is paused",
  request: {
    headers: idempotencyHeader,
    params: jobParam,
    body: jsonBody(
      z
        .strictObject({
          from: instant,
          to: instant.openapi({ description: "Exclusive, and not in the future." }),
          overlap: z.enum(BACKFILL_OVERLAPS).default("buffer_all"),
          rate: z
            .int()
            .min(1)
            .max(BACKFILL_LIMITS.rateMax)
            .default(BACKFILL_LIMITS.rateDefault)
            .openapi({ description: "Runs a minute; at most a second's worth at once." }),
          params: jsonObject.optional(),
        })
        .openapi("BackfillBody"),
    ),
  },
  responses: { 202: jsonAnswer("The backfill, which has begun.", backfillOut), ...problemAnswers },
});

const listBackfills = createRoute({
  method: "get",
  path: BACKFILLS,
  summary: "List the backfills of a job, newest first; the last hundred are kept",
  request: { params: jobParam, query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer("One page of backfills.", pageOf(backfillOut)),
    ...problemAnswers,
  },
});

const getBackfill = createRoute({
  method: "get",
  path: ONE_BACKFILL,
  summary: "A backfill with its progress",
  request: { params: backfillParam },
  responses: { 200: jsonAnswer("The backfill.", backfillOut), ...problemAnswers },
});

const pauseBackfill = createRoute({
  method: "post",
  path: `${ONE_BACKFILL}/pause`,
  summary: "Pause a backfill; the runs that it has made go on",
  request: {
    headers: idempotencyHeader,
    params: backfillParam,
    body: optionalJsonBody(z.strictObject({})),
  },
  responses: { 200: jsonAnswer("The paused backfill.", backfillOut), ...problemAnswers },
});

const resumeBackfill = createRoute({
  method: "post",
  path: `${ONE_BACKFILL}/resume`,
  summary: "Let a paused backfill go on at its pace",
  request: {
    headers: idempotencyHeader,
    params: backfillParam,
    body: optionalJsonBody(z.strictObject({})),
  },
  responses: { 200: jsonAnswer("The backfill as it is now.", backfillOut), ...problemAnswers },
});

const cancelBackfill = createRoute({
  method: "delete",
  path: ONE_BACKFILL,
  summary: "Cancel a backfill and those of its runs that have not started",
  request: {
    headers: ifMatchHeader,
    params: backfillParam,
    query: z.strictObject({ running: z.enum(["finish", "cancel"]).default("finish") }),
  },
  responses: { 200: jsonAnswer("The canceled backfill.", backfillOut), ...problemAnswers },
});

/** Backfills as objects of their own, below their job. */
export function addBackfillRoutes(api: Api, deps: ApiDeps): void {
  const { shards } = deps;
  addBackfillActions(api, deps);

  api.openapi(createBackfill, async (c) => {
    const { from, to, overlap, rate, params } = c.req.valid("json");
    const { shard, ref } = placeOfJob(namespaceOf(c), c.req.valid("param").job, shards.count);
    const range = { fromMs: sentInstantMs(from) ?? 0, toMs: sentInstantMs(to) ?? 0 };
    const input = { ref, ...range, overlap, rate, params: params ?? null };
    const order = { shard, kind: "backfill.create", input, idempotency: idempotencyOf(c) } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    const { id, jobName } = value.backfill;
    c.header("Location", `${BASE_PATH}/jobs/${jobName}/backfills/${id}`);
    return c.json(shown(c, value.backfill), 202);
  });

  api.openapi(listBackfills, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const { shard, ref } = placeOfJob(namespaceOf(c), c.req.valid("param").job, shards.count);
    const after = afterOf(LIST, cursor);
    const order = { shard, kind: "backfill.list", input: { ref }, idempotency: null } as const;
    const { backfills } = (await callShard(shards, order)).value;
    const rest = after === null ? backfills : backfills.filter(({ id }) => id < after);
    const page = cutPage(rest, limit, ({ id }) => cursorOf(LIST, id));
    return c.json({ items: page.items.map(backfillJson), nextCursor: page.nextCursor }, 200);
  });

  api.openapi(getBackfill, async (c) => {
    const { shard, ref } = placeOf(c, c.req.valid("param"), deps);
    return c.json(shown(c, await storedBackfill(deps, shard, ref)), 200);
  });
}

function addBackfillActions(api: Api, deps: ApiDeps): void {
  const { shards } = deps;
  api.openapi(pauseBackfill, async (c) => {
    const { shard, ref } = placeOf(c, c.req.valid("param"), deps);
    const idempotency = idempotencyOf(c);
    const order = { shard, kind: "backfill.pause", input: { ref }, idempotency } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    return c.json(shown(c, value.backfill), 200);
  });

  api.openapi(resumeBackfill, async (c) => {
    const { shard, ref } = placeOf(c, c.req.valid("param"), deps);
    const idempotency = idempotencyOf(c);
    const order = { shard, kind: "backfill.resume", input: { ref }, idempotency } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    return c.json(shown(c, value.backfill), 200);
  });

  api.openapi(cancelBackfill, async (c) => {
    const { shard, ref } = placeOf(c, c.req.valid("param"), deps);
    const { running } = c.req.valid("query");
    const ifVersion = await versionWanted(
      ifMatchOf(c.req.header("If-Match")),
      async () => (await storedBackfill(deps, shard, ref)).version,
    );
    const input = { ref, ifVersion, running };
    const order = { shard, kind: "backfill.cancel", input, idempotency: null } as const;
    const { value } = await callShard(shards, order);
    return c.json(shown(c, value.backfill), 200);
  });
}

/** The backfill that a path names, on the shard of its job. A text that is no id names none. */
function placeOf(
  c: Context<ApiEnv>,
  param: { readonly job: string; readonly backfill: string },
  { shards }: ApiDeps,
): { readonly shard: number; readonly ref: BackfillRef } {
  const { shard, ref } = placeOfJob(namespaceOf(c), param.job, shards.count);
  const { backfill } = param;
  if (shardOfId("bf", backfill, shards.count) === undefined)
    throw new Refusal("backfill.unknown", `There is no backfill ${backfill}.`);
  return { shard, ref: { ...ref, backfill } };
}

async function storedBackfill(
  { shards }: ApiDeps,
  shard: number,
  ref: BackfillRef,
): Promise<Backfill> {
  const order = { shard, kind: "backfill.get", input: { ref }, idempotency: null } as const;
  return (await callShard(shards, order)).value.backfill;
}

function shown(c: Context<ApiEnv>, backfill: Backfill): BackfillJson {
  c.header("ETag", etagOf(backfill.version));
  return backfillJson(backfill);
}
