import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Run } from "../core/run.ts";
import type { Page } from "../ports/records.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { maySeeRun, narrowedTo } from "./executor-limit.ts";
import { namespaceOf, principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { runJson, runOut } from "./run-json.ts";
import { queryOfFilter, runFilter, statesText } from "./run-query.ts";
import type { RunStore } from "./run-store.ts";
import {
  jsonAnswer,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
  waitMsOf,
  waitQuery,
} from "./wire.ts";

export const RUNS = `${BASE_PATH}/runs`;
export const runParam = z.strictObject({ run: z.string().min(1).max(64) });

const listRuns = createRoute({
  method: "get",
  path: RUNS,
  summary: "List runs, newest first unless told otherwise",
  description:
    "A page looks at a bounded number of runs. Where a filter passes over most of them, a page holds " +
    "fewer than asked for, be it none, and its cursor leads on.",
  request: {
    query: z.strictObject({
      ...pageQuery,
      ...runFilter,
      state: statesText.optional(),
      backfill: z.string().min(1).max(64).optional().openapi({ description: "The id of one." }),
      parent: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .openapi({ description: "The sharded run whose shards' runs are wanted." }),
      deadLetter: z
        .enum(["0", "1"])
        .optional()
        .openapi({ description: "1: only failed, timed out or lost runs that no run retries." }),
      order: z.enum(["newest", "oldest"]).optional(),
    }),
  },
  responses: {
    200: jsonAnswer("One page of runs, up to a second behind.", pageOf(runOut)),
    ...problemAnswers,
  },
});

const listDeadLetters = createRoute({
  method: "get",
  path: `${BASE_PATH}/dead-letters`,
  summary: "Runs that failed, timed out or were lost and that no run retries, newest first",
  request: {
    query: z.strictObject({
      ...pageQuery,
      job: runFilter.job,
      from: runFilter.from,
      to: runFilter.to,
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

const listShards = createRoute({
  method: "get",
  path: `${RUNS}/{run}/shards`,
  summary: "The runs of a sharded run's shards, by their index",
  request: {
    params: runParam,
    query: z.strictObject({ ...pageQuery, state: statesText.optional() }),
  },
  responses: {
    200: jsonAnswer("One page of runs, up to a second behind; none of others.", pageOf(runOut)),
    ...problemAnswers,
  },
});

/** What runs there are, and how they stand. */
export function addRunRoutes(api: Api, deps: ApiDeps, runs: RunStore): void {
  const { records } = deps;
  api.openapi(listRuns, async (c) => {
    const { limit, cursor, state, backfill, parent, deadLetter, order, ...filter } =
      c.req.valid("query");
    const page = await records.runs({
      ...queryOfFilter(filter, state ?? []),
      namespace: namespaceOf(c),
      ...narrowedTo(principalOf(c)),
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
      parent: parent ?? null,
      backfill: backfill ?? null,
      isDeadLetter: deadLetter === "1",
      order: order ?? "newest",
    });
    return c.json(shownPage(c, page), 200);
  });

  api.openapi(listDeadLetters, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const page = await records.runs({
      ...queryOfFilter(filter, []),
      namespace: namespaceOf(c),
      ...narrowedTo(principalOf(c)),
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
      isDeadLetter: true,
    });
    return c.json(shownPage(c, page), 200);
  });

  api.openapi(getRun, async (c) => {
    const found = await runs.get(namespaceOf(c), c.req.valid("param").run);
    const run = await runs.waited(found, waitMsOf(c.req.valid("query").wait));
    c.header("ETag", etagOf(run.version));
    return c.json(runJson(run), 200);
  });

  api.openapi(listShards, async (c) => {
    const parent = await runs.get(namespaceOf(c), c.req.valid("param").run);
    const { limit, cursor, state } = c.req.valid("query");
    const page = await records.slices({
      namespace: parent.namespace,
      parent: parent.id,
      states: state ?? [],
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
    });
    return c.json({ items: page.items.map(runJson), nextCursor: page.nextCursor }, 200);
  });
}

/** A job may have had another target when it ran. */
function shownPage(c: Context<ApiEnv>, { items, nextCursor }: Page<Run>) {
  const shown = items.filter((run) => maySeeRun(principalOf(c), run));
  return { items: shown.map(runJson), nextCursor };
}
