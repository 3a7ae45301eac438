import { createRoute, z } from "@hono/zod-openapi";
import { quantile } from "../core/quantile.ts";
import { Refusal } from "../core/refusal.ts";
import type { RunState } from "../core/run.ts";
import { STATS_LIMITS, type JobRuns, type Overview, type StatsScope } from "../ports/stats.ts";
import type { UpcomingFire } from "../ports/upcoming.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import type { JobStore } from "./job-store.ts";
import { OnceASecond } from "./once-a-second.ts";
import { BASE_PATH } from "./routes.ts";
import { unlessRefused } from "./shard-call.ts";
import { ShardCensus, withinMs } from "./shard-census.ts";
import { jobStatsOut, summaryOut, trendOut, type JobStatsJson } from "./stats-json.ts";
import { schedulerJson } from "./stats-scheduler.ts";
import { scopeOf } from "./stats-scope.ts";
import { summaryJson } from "./stats-summary.ts";
import { trendJson, TREND_LIMITS, trendSpan } from "./stats-trend.ts";
import { upcomingFires } from "./stats-upcoming.ts";
import { isoText, isoTextOrNull, jsonAnswer, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const STRIP_RUNS = 20;
/** Records that take longer count as away: the page must say what is wrong, and soon. */
const RECORDS_DEADLINE_MS = 5_000;
const LIVE: ReadonlySet<RunState> = new Set(["waiting", "dispatching", "running", "retrying"]);

const getSummary = createRoute({
  method: "get",
  path: `${BASE_PATH}/stats/summary`,
  summary: "Is it alive, what fails, what runs, what fires next",
  description: "Answers also while the records are away: what needs them is then empty.",
  responses: { 200: jsonAnswer("As of a second ago.", summaryOut), ...problemAnswers },
});

const getTrend = createRoute({
  method: "get",
  path: `${BASE_PATH}/stats/trend`,
  summary: "Ended runs over time, by their outcome",
  description:
    "Hours give buckets of an hour up to a week and of a UTC day beyond; days give days. A run is " +
    "counted when it came to be. The last bucket is the current one.",
  request: {
    query: z.strictObject({
      hours: z.enum(["24", "168", "720"]).optional(),
      days: z
        .string()
        .regex(/^[1-9]\d{0,2}$/, "Not a whole number.")
        .transform(Number)
        .refine((days) => days <= TREND_LIMITS.daysMax, {
          message: `Not between 1 and ${TREND_LIMITS.daysMax}.`,
        })
        .optional()
        .openapi({ type: "integer", minimum: 1, maximum: TREND_LIMITS.daysMax }),
    }),
  },
  responses: { 200: jsonAnswer("Every bucket.", trendOut), ...problemAnswers },
});

const jobText = z.string().min(1).max(WIRE_LIMITS.nameChars);

const getJobStats = createRoute({
  method: "get",
  path: `${BASE_PATH}/stats/jobs`,
  summary: "The last runs of some jobs, and how long they take",
  request: {
    query: z.strictObject({
      job: z.union([jobText, z.array(jobText).min(1).max(STATS_LIMITS.jobsMax)]).openapi({
        description: "Ids or names, 1 to 100: `?job=a&job=b`. Unknown ones are left out.",
      }),
    }),
  },
  responses: { 200: jsonAnswer("In the order asked for.", jobStatsOut), ...problemAnswers },
});

/** The figures of the dashboard. */
export function addStatsRoutes(api: Api, deps: ApiDeps, jobs: JobStore): void {
  addSummary(api, deps, jobs);
  const { stats } = deps;

  api.openapi(getTrend, async (c) => {
    const { namespace, executors } = scopeOf(c);
    if (executors !== null) throw limitedToExecutors();
    const { hours, days } = c.req.valid("query");
    if (hours !== undefined && days !== undefined) throw hoursAndDays();
    const span = trendSpan({ hours, days }, c.get("nowMs"));
    const { fromMs, bucketMs } = span;
    const counted = await stats.runsOverTime({ namespace, fromMs, bucketMs });
    return c.json(trendJson(span, counted), 200);
  });

  api.openapi(getJobStats, async (c) => {
    const { job } = c.req.valid("query");
    const asked = typeof job === "string" ? [job] : job;
    const found = await stats.jobRuns(scopeOf(c), asked);
    const byKey = new Map(found.flatMap((one) => [[one.id, one] as const, [one.name, one]]));
    const wanted = new Set(asked.flatMap((key) => byKey.get(key) ?? []));
    return c.json({ items: [...wanted].map(jobStatsJson) }, 200);
  });
}

function addSummary(api: Api, deps: ApiDeps, jobs: JobStore): void {
  const { stats } = deps;
  const census = new ShardCensus(deps.shards, deps.clock);
  const overviews = new OnceASecond<Overview | null>();
  const upcoming = new OnceASecond<readonly UpcomingFire[]>();
  const overviewOf = (scope: StatsScope, nowMs: number): Promise<Overview | null> =>
    withinMs(
      unlessRefused(["records.unavailable"], stats.overview(scope, nowMs)),
      RECORDS_DEADLINE_MS,
    );
  api.openapi(getSummary, async (c) => {
    const nowMs = c.get("nowMs");
    const scope = scopeOf(c);
    const key = JSON.stringify(scope);
    const [counted, overview, next] = await Promise.all([
      census.take(),
      overviews.of(key, nowMs, () => overviewOf(scope, nowMs)),
      upcoming.of(key, nowMs, () => upcomingFires({ deps, jobs }, scope, nowMs)),
    ]);
    const scheduler = schedulerJson(counted, overview !== null, nowMs);
    return c.json(summaryJson({ scheduler, overview, next }, nowMs), 200);
  });
}

function jobStatsJson({ id, name, runs, active }: JobRuns): JobStatsJson["items"][number] {
  const ended = runs.filter(({ state }) => !LIVE.has(state)).slice(0, STRIP_RUNS);
  const tookMs = ended.flatMap(({ state, durationMs }) =>
    state === "succeeded" && durationMs !== null ? [durationMs] : [],
  );
  return {
    job: name,
    id,
    runs: runs.slice(0, STRIP_RUNS).map((run) => ({
      id: run.id,
      state: run.state,
      at: isoText(run.createdMs),
      durationMs: run.durationMs,
      error: run.error,
    })),
    p50Ms: quantile(tookMs, 0.5),
    p95Ms: quantile(tookMs, 0.95),
    active: active === null ? null : { id: active.id, startedAt: isoTextOrNull(active.startedMs) },
  };
}

function limitedToExecutors(): Refusal {
  return new Refusal("permission.denied", "You may see only some executors, and this counts all.", {
    hint: "GET /stats/jobs tells of the jobs that you may see.",
  });
}

function hoursAndDays(): Refusal {
  const message = "Send hours or days, not both.";
  return new Refusal("request.invalid", message, {
    errors: [{ pointer: "/query/days", message }],
  });
}
