import { createRoute, z } from "@hono/zod-openapi";
import { LOG_LEVELS, type LogLine } from "../ports/run-logs.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { LogFollowers } from "./log-followers.ts";
import {
  droppedLine,
  levelsFrom,
  logLineJson,
  logLineOut,
  placeOf,
  placeText,
} from "./log-json.ts";
import { namespaceOf } from "./request-of.ts";
import { runParam, RUNS } from "./run-routes.ts";
import type { RunStore } from "./run-store.ts";
import { pageOf, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const getLogs = createRoute({
  method: "get",
  path: `${RUNS}/{run}/logs`,
  summary: "What the handler of a run wrote, by attempt and seq",
  description:
    "With `follow=1` the answer is a stream of server-sent events, for five minutes at most: `line` with " +
    "one line each, whose id goes on behind it as `after` or Last-Event-ID, then `end` when the run has " +
    "ended and all was told, or `timeout`. Runs of webhooks have no lines.",
  request: {
    params: runParam,
    headers: z.object({ "last-event-id": z.string().max(64).optional() }),
    query: z.strictObject({
      limit: pageQuery.limit,
      after: z
        .string()
        .max(64)
        .optional()
        .openapi({ description: "The `nextCursor` of a page, or ATTEMPT.SEQ of a line." }),
      level: z
        .enum(LOG_LEVELS)
        .optional()
        .openapi({ description: "Only lines that matter as much as this." }),
      follow: z.enum(["0", "1"]).optional(),
    }),
  },
  responses: {
    200: {
      description: "One page of lines; with `follow=1` one after the other as they come.",
      content: {
        "application/json": { schema: pageOf(logLineOut) },
        "text/event-stream": { schema: z.string() },
      },
    },
    ...problemAnswers,
  },
});

/** The way of the lines to those who read them. */
export function addLogRoutes(api: Api, deps: ApiDeps, runs: RunStore): void {
  const followers = new LogFollowers(deps);
  api.openapi(getLogs, async (c) => {
    const { limit, after, level, follow } = c.req.valid("query");
    const run = await runs.get(namespaceOf(c), c.req.valid("param").run);
    const last = placeOf(c.req.valid("header")["last-event-id"] ?? after);
    const levels = levelsFrom(level);
    // Nobody reads what follows the headers of an answer to HEAD.
    if (follow === "1" && c.req.raw.method !== "HEAD")
      return followers.follow(c, { run, after: last, levels });
    const page = await deps.logs.page({
      run: run.id,
      after: last,
      levels,
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
    });
    const told = page.lines.at(-1) ?? last;
    const dropped = page.hasMore ? null : droppedLine(page, { last: told, nowMs: c.get("nowMs") });
    const lines: readonly LogLine[] = dropped === null ? page.lines : [...page.lines, dropped];
    const nextCursor = page.hasMore && told !== null ? placeText(told) : null;
    return c.json({ items: lines.map(logLineJson), nextCursor }, 200);
  });
}
