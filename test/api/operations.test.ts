import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { metricsText } from "../../src/api/metrics.ts";
import { readinessOf } from "../../src/api/operations.ts";
import { LAG_BUCKETS_MS, type ShardStats } from "../../src/ports/shard-client.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

function someStats(changes: Partial<ShardStats> = {}): ShardStats {
  return {
    shard: 0,
    jobs: 2,
    due: 1,
    overdue: 0,
    liveRuns: 0,
    blockedRuns: 0,
    inFlight: 0,
    outbox: 4,
    earliestDueMs: 5_000,
    armedMs: 5_000,
    workflowRunsEnded: {},
    liveWorkflowRuns: 0,
    errands: 0,
    runsEnded: { succeeded: 7 },
    ticks: { fired: 9 },
    lagBuckets: [2, 1, ...Array.from({ length: LAG_BUCKETS_MS.length - 1 }, () => 0)],
    lagSumMs: 12,
    rowsWritten: null,
    isRecordsReachable: true,
    ...changes,
  };
}

describe("/healthz and /readyz", () => {
  it("say that all is well", async () => {
    const alive = await open.ask("GET", "/healthz", { token: null });
    const ready = await open.ask("GET", "/readyz", { token: null });

    expect(alive.json).toEqual({ ok: true, version: "0.0.0" });
    expect(ready).toMatchObject({
      status: 200,
      json: { ready: true, records: { reachable: true }, shards: { count: 3, answering: 3 } },
    });
  });

  it("say when the records are away", async () => {
    const { deps } = open;
    await open.close();
    const records = { ...deps.records, isReachable: () => Promise.resolve(false) };
    open = await OpenApi.start({ deps: { records } });

    const got = await open.ask("GET", "/readyz", { token: null });

    expect(got).toMatchObject({ status: 503, json: { records: { reachable: false } } });
  });

  it("is not ready with a shard that is silent, or has work and no alarm", () => {
    const silent = readinessOf([{ shard: 0, stats: null }], true, 0);
    const unarmed = readinessOf([{ shard: 0, stats: someStats({ armedMs: null }) }], true, 0);
    const idle = someStats({ armedMs: null, earliestDueMs: null });

    expect([silent.ready, unarmed.ready]).toEqual([false, false]);
    expect(readinessOf([{ shard: 0, stats: idle }], true, 0).ready).toBe(true);
    expect(readinessOf([{ shard: 0, stats: someStats() }], true, 6_500).shards.lagMs).toBe(1_500);
  });
});

describe("/metrics", () => {
  it("counts lag in buckets that include the ones before them", () => {
    const text = metricsText([{ shard: 0, stats: someStats() }], 0);

    expect(text).toContain('tickwheel_tick_lag_seconds_bucket{shard="0",le="0.005"} 2\n');
    expect(text).toContain('tickwheel_tick_lag_seconds_bucket{shard="0",le="0.01"} 3\n');
    expect(text).toContain('tickwheel_tick_lag_seconds_bucket{shard="0",le="+Inf"} 3\n');
    expect(text).toContain('tickwheel_tick_lag_seconds_count{shard="0"} 3\n');
    expect(text).toContain('tickwheel_runs_ended_total{shard="0",outcome="succeeded"} 7\n');
    expect(text).toContain('tickwheel_outbox_rows{shard="0"} 4\n');
  });

  it("is text in the form that Prometheus reads", async () => {
    await open.ask("POST", "/api/v1/jobs", { body: aJob() });
    const token = await open.newToken("read");

    const got = await open.ask("GET", "/metrics", { token });

    expect(got.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const line = /^(?:# (?:HELP|TYPE) \w+ .+|\w+\{(?:\w+="[^"]*",?)*\} -?[\d.]+(?:e[+-]\d+)?)$/;
    for (const text of got.text.trimEnd().split("\n")) expect(text).toMatch(line);
    expect(got.text).toMatch(/tickwheel_jobs\{shard="\d"\} 1/);
  });
});

describe("/docs", () => {
  it("is a page without inline scripts that asks no other host", async () => {
    const got = await open.ask("GET", "/docs", { token: null });

    expect(got.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(got.text).toContain('src="/docs/rapidoc-min.js"');
    expect(got.text).not.toMatch(/https?:\/\//);
    expect(got.text).not.toMatch(/<script>|onload=/);
  });

  it("serves the viewer that the host has", async () => {
    await open.close();
    open = await OpenApi.start({ deps: { asset: async () => new Response("viewer") } });

    const got = await open.ask("GET", "/docs/rapidoc-min.js", { token: null });

    expect(got).toMatchObject({ status: 200, text: "viewer" });
    expect(got.headers.get("content-type")).toContain("text/javascript");
  });
});
