/**
 * Goal: how long the first pages of a large deployment take: lists, filters, and the figures of the dashboard.
 * Method: jobs are made over HTTP; the host stops; runs are written into its records by SQL, as copies of a run
 * that it made itself; it starts anew, and each page is asked for over loopback, one request after another.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { eachOf, startHost, startSink, until, type BenchHost } from "./processes.ts";
import { fillRuns } from "./fill-runs.ts";

const PAGES: readonly (readonly [string, string])[] = [
  ["jobs", "/jobs"],
  ["jobsOfState", "/jobs?state=active"],
  ["jobsByText", "/jobs?q=job-99"],
  ["jobsByTextInVain", "/jobs?q=nothing-has-this"],
  ["runs", "/runs"],
  ["runsFailed", "/runs?state=failed"],
  ["runsOfStates", "/runs?state=failed,lost,timed_out"],
  ["runsOfJob", "/runs?job=job-17"],
  ["runsOfTrigger", "/runs?trigger=manual"],
  ["runsOfNode", "/runs?node=http%3A%2F%2F10.0.0.1%3A9000"],
  ["runsSlow", "/runs?slowerThan=59900ms"],
  ["runsOfTime", "/runs?from=FROM&to=TO"],
  ["runsByText", "/runs?q=refused"],
  ["runsByTextInVain", "/runs?q=nothing-has-this"],
  ["runsFailedByTextInVain", "/runs?state=failed,lost&q=nothing-has-this"],
  ["deadLetters", "/dead-letters"],
  ["summary", "/stats/summary"],
  ["jobStats", "/stats/jobs?JOBS"],
  ["trend", "/stats/trend?days=371"],
  ["fires", "/stats/fires?from=FROM&to=TO&timezone=Asia%2FShanghai"],
];

export async function lists(options: {
  readonly jobs: number;
  readonly runs: number;
  readonly rounds: number;
}): Promise<object> {
  const { jobs, runs, rounds } = options;
  const sink = await startSink();
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-bench-"));
  try {
    const first = await startHost("node", { folder });
    await makeJobs(first, jobs, sink.url);
    await first.stop();
    const client = createClient({ url: `file:${join(folder, "records.db")}` });
    const fillMs = await fillRuns(client, runs, Date.now());
    client.close();
    const host = await startHost("node", { folder });
    const pages: Record<string, { readonly p50: number; readonly p95: number }> = {};
    // One after the other: what is measured is one reader, not a crowd.
    for (const [name, path] of PAGES) pages[name] = await measure(host, pathOf(path), rounds);
    const result = { bench: "lists", jobs, runs, fillMs, residentMib: host.residentMib(), pages };
    await host.stop();
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await sink.stop();
  }
}

async function makeJobs(host: BenchHost, jobs: number, sinkUrl: string): Promise<void> {
  await eachOf(jobs, 32, (i) =>
    host.call("POST", "/api/v1/jobs", {
      name: `job-${i}`,
      description: `Copies table ${i} of the warehouse.`,
      tags: [`team-${i % 20}`],
      // None of them fires while it is measured.
      schedule: { kind: "cron", cron: `${i % 60} ${i % 24} 1 1 *`, timezone: "Asia/Shanghai" },
      target: { kind: "webhook", url: `${sinkUrl}/hook` },
    }),
  );
  await host.call("POST", "/api/v1/jobs/job-0/runs?wait=10s");
  await until(
    async () => String(await host.call("GET", "/metrics")),
    (text) =>
      [...text.matchAll(/^tickwheel_outbox_rows\{[^}]*\} (\d+)/gm)].every(([, n]) => n === "0"),
    60_000,
  );
}

function pathOf(path: string): string {
  const names = Array.from({ length: 50 }, (_, i) => `job=job-${i * 7}`).join("&");
  const toMs = Date.now() - 3 * 86_400_000;
  return `/api/v1${path}`
    .replace("JOBS", names)
    .replace("FROM", new Date(toMs - 7 * 86_400_000).toISOString())
    .replace("TO", new Date(toMs).toISOString());
}

/** In milliseconds over loopback. Statistics are held for a second, so each round waits for that to pass. */
async function measure(
  host: BenchHost,
  path: string,
  rounds: number,
): Promise<{ readonly p50: number; readonly p95: number }> {
  const isHeld = path.includes("/stats/summary");
  const tookMs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    if (isHeld) await new Promise((resolve) => setTimeout(resolve, 1_050));
    const beganMs = performance.now();
    await host.call("GET", path);
    tookMs.push(performance.now() - beganMs);
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((tookMs[Math.ceil(share * rounds) - 1] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95) };
}
