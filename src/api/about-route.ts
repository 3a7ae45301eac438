import { createRoute } from "@hono/zod-openapi";
import type { Api, ApiDeps } from "./api-deps.ts";
import { behindOf, isArmed } from "./metrics.ts";
import { BASE_PATH } from "./routes.ts";
import { ShardCensus, withinMs, type Census } from "./shard-census.ts";
import { aboutOut, type AboutJson } from "./stats-json.ts";
import { isoText, jsonAnswer, problemAnswers } from "./wire.ts";

const RECORDS_DEADLINE_MS = 2_000;

const getAbout = createRoute({
  method: "get",
  path: `${BASE_PATH}/about`,
  summary: "What runs here, and how its parts stand",
  responses: { 200: jsonAnswer("As of now.", aboutOut), ...problemAnswers },
});

/** Version, host, shards and records, for whoever looks after the deployment. */
export function addAboutRoute(api: Api, deps: ApiDeps): void {
  const { settings, deployment, clock } = deps;
  const census = new ShardCensus(deps.shards, clock);
  api.openapi(getAbout, async (c) => {
    const nowMs = c.get("nowMs");
    const [counted, records] = await Promise.all([census.take(), recordsJson(deps)]);
    const { version, host, runtime } = settings;
    const now = isoText(nowMs);
    const shards = counted.map((one) => shardJson(one, nowMs));
    return c.json({ version, host, runtime, deployment: deployment.id, now, shards, records }, 200);
  });
}

async function recordsJson({ records, clock }: ApiDeps): Promise<AboutJson["records"]> {
  const askedMs = clock.nowMs();
  const isReachable = (await withinMs(records.isReachable(), RECORDS_DEADLINE_MS)) === true;
  return { isReachable, latencyMs: isReachable ? clock.nowMs() - askedMs : null };
}

function shardJson({ shard, stats }: Census, nowMs: number): AboutJson["shards"][number] {
  if (stats === null)
    return { shard, isAnswering: false, isArmed: false, lagMs: 0, outbox: 0, due: 0 };
  return {
    shard,
    isAnswering: true,
    isArmed: isArmed(stats),
    lagMs: Math.round(behindOf(stats, nowMs) * 1_000),
    outbox: stats.outbox,
    due: stats.due,
  };
}
