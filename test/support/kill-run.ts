import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunJson } from "../../src/api/run-json.ts";
import { clockReaches, eventually } from "./eventually.ts";
import type { HostClient } from "./host-client.ts";
import type { HostName } from "./host-process.ts";
import { checkKills, type KillVerdict, type TickingEvidence } from "./kill-check.ts";
import { type Acknowledged, KillLoad, planJobs, TICK_MS, type TickingJob } from "./kill-load.ts";
import { KillStage } from "./kill-stage.ts";
import { accountedTicks } from "./ledger.ts";
import { Sink } from "./sink.ts";

export interface KillOptions {
  readonly host: HostName;
  readonly kills: number;
  readonly jobs: number;
  readonly seed: number;
}

export interface KillReport extends KillVerdict {
  readonly options: KillOptions;
  readonly seconds: number;
  readonly restartMsMax: number;
}

const AT_ONCE = 10;
const DRAIN_MS_MAX = 90_000;
const HEALED_MS = 2_500;

/**
 * Two hundred jobs a second, one-shots and run-nows, and a host that is killed at random instants; then
 * quiet, and a judgement over what the sink saw and what the API says.
 */
export async function runKillTest(options: KillOptions): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-kill-"));
  const sink = await Sink.open();
  const stage = new KillStage({ host: options.host, folder, port: 0 }, options.seed);
  try {
    await stage.start();
    return await underFire(options, sink, stage);
  } finally {
    await stage.end();
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function underFire(options: KillOptions, sink: Sink, stage: KillStage): Promise<KillReport> {
  const startMs = Date.now();
  const jobs = planJobs(options.jobs, startMs);
  const load = new KillLoad(() => stage.client, sink, options.seed);
  await load.create(jobs);
  load.start();
  const earlier = new Map<string, string>();
  for (let i = 0; i < options.kills; i++) {
    // oxlint-disable-next-line no-await-in-loop -- One crash follows the other.
    await stage.crash();
    // oxlint-disable-next-line no-await-in-loop
    for (const run of await newestRuns(stage.client)) noteEnd(earlier, run);
  }
  await sleep(HEALED_MS);
  await load.stop();
  await inBatches(jobs, ({ name }) => stage.client.get("POST", `/jobs/${name}/pause`, 200));
  // What has not ended after long enough is what the check will say.
  await drained(stage.client, load.acknowledged).catch(() => undefined);
  const runs: RunJson[] = await stage.client.all("/runs");
  const endedJobs = await stage.client.all("/jobs?state=ended");
  const verdict = checkKills({
    ticking: await inBatches(jobs, (job) => evidenceOf(stage.client, job)),
    acknowledged: load.acknowledged,
    endedJobs: new Set(endedJobs.map(({ name }) => name)),
    runs: new Map(runs.map((run) => [run.id, run])),
    arrivals: sink.log,
    kills: stage.kills,
  });
  const changed = runs.filter((run) => (earlier.get(run.id) ?? endOf(run)) !== endOf(run));
  return {
    options,
    seconds: Math.round((Date.now() - startMs) / 1_000),
    restartMsMax: stage.restartMsMax,
    counts: { ...verdict.counts, "ended runs read twice": earlier.size },
    violations: [
      ...verdict.violations,
      ...changed.map((run) => `an ended run changed: ${run.id} was ${earlier.get(run.id) ?? ""}`),
    ],
  };
}

/** A page of what the records say now, for the comparison with what they say in the end. */
function newestRuns(client: HostClient): Promise<readonly RunJson[]> {
  return eventually("a list of runs", async () => {
    const got = await client.ask("GET", "/api/v1/runs?limit=200");
    return got.status === 200 ? got.json.items : undefined;
  });
}

function noteEnd(ends: Map<string, string>, run: RunJson): void {
  if (run.endedAt !== null && !ends.has(run.id)) ends.set(run.id, endOf(run));
}

/** What must never change once a run has ended. */
function endOf({ state, endedAt, result, attempt, error }: RunJson): string {
  return JSON.stringify({ state, endedAt, result, attempt, error });
}

/** Waits until every one-shot has had its time, nothing is live, and the records have everything. */
async function drained(client: HostClient, { oneShots }: Acknowledged): Promise<void> {
  const live = "/runs?state=waiting,dispatching,running,retrying&limit=1";
  await clockReaches(Math.max(0, ...oneShots.map(({ atMs }) => atMs)));
  await eventually(
    "everything has ended",
    async () => {
      const ready = await client.ask("GET", "/readyz");
      if (ready.status !== 200 || ready.json.shards.outbox > 0) return undefined;
      const { items } = await client.get("GET", live, 200);
      if (items.length > 0) return undefined;
      const ended = new Set((await client.all("/jobs?state=ended")).map(({ name }) => name));
      return oneShots.every(({ name }) => ended.has(name)) ? true : undefined;
    },
    DRAIN_MS_MAX,
  );
}

async function evidenceOf(client: HostClient, job: TickingJob): Promise<TickingEvidence> {
  const shown = await client.get("GET", `/jobs/${job.name}`, 200);
  const lines = await client.all(`/jobs/${job.name}/ticks`);
  return {
    job,
    createdMs: Date.parse(shown.createdAt),
    pausedMs: Date.parse(shown.pause.since),
    ledger: accountedTicks(lines, TICK_MS),
  };
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    // oxlint-disable-next-line no-await-in-loop -- A bounded number at once.
    done.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return done;
}
