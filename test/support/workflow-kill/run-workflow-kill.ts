import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunJson } from "../../../src/api/run-json.ts";
import { eventually } from "../eventually.ts";
import type { HostClient } from "../host-client.ts";
import type { HostName } from "../host-process.ts";
import { KillStage } from "../kill-stage.ts";
import { accountedTicks } from "../ledger.ts";
import { freePort } from "../listen.ts";
import { checkAcknowledged } from "./check-acknowledged.ts";
import { checkControls } from "./check-controls.ts";
import { checkIdentities } from "./check-identities.ts";
import { checkBounds, checkOrder } from "./check-order.ts";
import { checkOutputs } from "./check-outputs.ts";
import { checkLists, checkRest } from "./check-rest.ts";
import { checkRevisions } from "./check-revisions.ts";
import { checkTicks } from "./check-ticks.ts";
import { checkTold } from "./check-told.ts";
import { checkUndone } from "./check-undone.ts";
import { KillEvidence, type FullRun, type Gathered } from "./kill-evidence.ts";
import { killWorkflows, type KillWorkflow } from "./kill-workflows.ts";
import { StepSink } from "./step-sink.ts";
import { TICK_JOB, TICK_MS, WorkflowLoad } from "./workflow-load.ts";

export interface WorkflowKillOptions {
  readonly host: HostName;
  readonly kills: number;
  /** Workflow runs that people start; events, ticks and nesting start others. */
  readonly runs: number;
  readonly seed: number;
}

export interface WorkflowKillReport {
  readonly options: WorkflowKillOptions;
  readonly seconds: number;
  readonly restartMsMax: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** Several shards, so that workflows, their callers and their jobs live apart. */
const ENVIRONMENT = { RATE_PER_MINUTE: "1000000", SHARDS: "4" };
const KILL_MS = 3_200;
const HEALED_MS = 1_500;
const REST_MS_MAX = 120_000;
const AT_ONCE = 10;
const LIVE_STATES = "waiting,running,ending,compensating";
const LIVE_RUN_STATES = "waiting,dispatching,running,retrying";

/**
 * Workflows of every kind under way, and a host that is killed at random instants; then quiet, and a judgement
 * over what the sink saw and what the API says.
 */
export async function runWorkflowKill(options: WorkflowKillOptions): Promise<WorkflowKillReport> {
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-kill-"));
  const at = { host: options.host, folder, port: await freePort() };
  const stage = new KillStage(at, options.seed, ENVIRONMENT);
  const sink = await StepSink.open(() => stage.client, options.seed);
  try {
    await stage.start();
    return await underFire(options, sink, stage);
  } finally {
    await stage.end();
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function underFire(
  options: WorkflowKillOptions,
  sink: StepSink,
  stage: KillStage,
): Promise<WorkflowKillReport> {
  const startMs = Date.now();
  const workflows = killWorkflows(sink.url);
  const { kills, runs, seed } = options;
  const size = { runs, withinMs: kills * KILL_MS, seed };
  const load = new WorkflowLoad(() => stage.client, workflows, size);
  await load.create();
  load.start();
  for (let i = 0; i < kills; i++) await stage.crash();
  await sleep(HEALED_MS);
  await load.calm();
  await stage.client.get("POST", `/jobs/${TICK_JOB}/pause`, 200);
  // What has not ended after long enough is what the check will say.
  await atRest(stage.client).catch(() => undefined);
  await load.stop();
  await sink.calledBack();
  const evidence = new KillEvidence(await gathered({ workflows, load, sink, stage }));
  for (const check of CHECKS) check(evidence);
  evidence.count("requests repeated", load.caller.repeated);
  return {
    options,
    seconds: Math.round((Date.now() - startMs) / 1_000),
    restartMsMax: stage.restartMsMax,
    counts: Object.fromEntries(evidence.counts),
    violations: evidence.violations,
  };
}

const CHECKS = [
  checkIdentities,
  checkAcknowledged,
  checkOrder,
  checkBounds,
  checkRevisions,
  checkUndone,
  checkControls,
  checkOutputs,
  checkTold,
  checkRest,
  checkLists,
  checkTicks,
] as const;

/** Waits until nothing lives, and the records have everything. */
async function atRest(client: HostClient): Promise<void> {
  await eventually(
    "everything has ended",
    async () => {
      const ready = await client.ask("GET", "/readyz");
      if (ready.status !== 200 || ready.json.shards.outbox > 0) return undefined;
      const flows = await client.get("GET", `/workflow-runs?state=${LIVE_STATES}&limit=1`, 200);
      const runs = await client.get("GET", `/runs?state=${LIVE_RUN_STATES}&limit=1`, 200);
      return flows.items.length + runs.items.length === 0 ? true : undefined;
    },
    REST_MS_MAX,
  );
}

async function gathered(of: {
  readonly workflows: readonly KillWorkflow[];
  readonly load: WorkflowLoad;
  readonly sink: StepSink;
  readonly stage: KillStage;
}): Promise<Gathered> {
  const { load, sink, stage } = of;
  const { client } = stage;
  const job = await client.get("GET", `/jobs/${TICK_JOB}`, 200);
  const lines = await client.all(`/jobs/${TICK_JOB}/ticks`);
  const listed = await client.all("/workflow-runs");
  const ids = new Set([...listed, ...load.started].map(({ id }) => id));
  const full = await inBatches([...ids], (id) => found<FullRun>(client, `/workflow-runs/${id}`));
  const runs: RunJson[] = await client.all("/runs");
  return {
    workflows: of.workflows.map(({ spec }) => spec),
    log: sink.log,
    strange: sink.strange,
    started: load.started,
    events: load.events,
    repeats: load.repeats,
    controls: load.controls.done,
    kills: stage.kills,
    downs: stage.downs,
    listed,
    full: full.flat(),
    runs,
    single: (await inBatches(runs, ({ id }) => found<RunJson>(client, `/runs/${id}`))).flat(),
    ticks: {
      anchorMs: load.anchorMs,
      createdMs: Date.parse(job.createdAt),
      pausedMs: Date.parse(job.pause.since),
      ledger: accountedTicks(lines, TICK_MS),
    },
  };
}

/** The resource, or nothing when the host does not know it. */
async function found<T>(client: HostClient, path: string): Promise<readonly T[]> {
  const got = await client.ask("GET", `/api/v1${path}`);
  return got.status === 200 ? [got.json] : [];
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    done.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return done;
}
