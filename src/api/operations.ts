import { createRoute, z } from "@hono/zod-openapi";
import type { Api, ApiDeps } from "./api-deps.ts";
import { behindOf, isArmed, metricsText } from "./metrics.ts";
import { ShardCensus, withinMs, type Census } from "./shard-census.ts";
import { jsonAnswer, problemAnswers } from "./wire.ts";

const RECORDS_DEADLINE_MS = 2_000;

const healthOut = z.object({ ok: z.literal(true), version: z.string() }).openapi("Health");

const readyOut = z
  .object({
    ready: z.boolean(),
    records: z.object({ reachable: z.boolean() }),
    shards: z.object({
      count: z.number(),
      answering: z.number(),
      armed: z.number(),
      overdue: z.number(),
      outbox: z.number(),
      lagMs: z.number().openapi({ description: "How long the earliest due entry has waited." }),
    }),
  })
  .openapi("Readiness");

const health = createRoute({
  method: "get",
  path: "/healthz",
  summary: "The process is alive",
  security: [],
  responses: { 200: jsonAnswer("Alive.", healthOut), ...problemAnswers },
});

const ready = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Records reachable, shards armed, lag",
  security: [],
  responses: {
    200: jsonAnswer("Everything is in reach.", readyOut),
    503: jsonAnswer("Something is not; jobs go on as far as they can.", readyOut),
    ...problemAnswers,
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Counters of all shards, in the text format of Prometheus",
  responses: {
    200: {
      description: "The metrics.",
      content: { "text/plain; version=0.0.4": { schema: z.string() } },
    },
    ...problemAnswers,
  },
});

/** What operators ask, outside the base path. */
export function addOperations(api: Api, deps: ApiDeps): void {
  const census = new ShardCensus(deps.shards, deps.clock);
  api.openapi(health, (c) => c.json({ ok: true as const, version: deps.settings.version }, 200));

  api.openapi(ready, async (c) => {
    const [counted, reachable] = await Promise.all([
      census.take(),
      withinMs(deps.records.isReachable(), RECORDS_DEADLINE_MS),
    ]);
    const answer = readinessOf(counted, reachable === true, c.get("nowMs"));
    return c.json(answer, answer.ready ? 200 : 503);
  });

  api.openapi(metrics, async (c) =>
    c.text(metricsText(await census.take(), c.get("nowMs")), 200, {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );
}

/** Ready is a deployment whose records are in reach and whose shards all answer and are armed. */
export function readinessOf(
  census: readonly Census[],
  isRecordsReachable: boolean,
  nowMs: number,
): z.infer<typeof readyOut> {
  const stats = census.flatMap((one) => (one.stats === null ? [] : [one.stats]));
  const armed = stats.filter(isArmed).length;
  return {
    ready: isRecordsReachable && armed === census.length,
    records: { reachable: isRecordsReachable },
    shards: {
      count: census.length,
      answering: stats.length,
      armed,
      overdue: stats.reduce((sum, s) => sum + s.overdue, 0),
      outbox: stats.reduce((sum, s) => sum + s.outbox, 0),
      lagMs: Math.round(Math.max(0, ...stats.map((s) => behindOf(s, nowMs))) * 1_000),
    },
  };
}
