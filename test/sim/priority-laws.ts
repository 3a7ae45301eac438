import { isEnded, type Run } from "../../src/core/run.ts";
import type { Shard } from "../../src/shard/shard.ts";
import type { Commit, History } from "./history.ts";
import { aheadOf, limitOf } from "./overlap-laws.ts";
import { isSurelyFree } from "./routing-laws.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

/** Where a tick of the shard looks at everything that is ready. */
const CLAIM_ALL = 500;
const NEAR_ALL = 50_000;

/** O4: where slots are short, no run that is ready and no job that is due waits behind one of a lower priority. */
export function checkPriority(history: History, host: ShardHost, commit: Commit): void {
  const { shard, nowMs } = host;
  if (shard === undefined || !isJudged(history, shard)) return;
  const touched = touchedJobs(commit);
  const lowestRun = Math.min(...startedIn(commit).map(({ order }) => order.priority));
  for (const { row } of history.liveOf(host.deps.shard).values()) {
    if (row.order.priority <= lowestRun || touched.has(row.jobId)) continue;
    const isPassed = isReady(history, row, nowMs) && isFree(history, commit, row);
    hold("O4 priority", !isPassed, () => `${row.id} waits, and one of ${lowestRun} starts`);
  }
  if (hadRoom(history, commit, shard.outboxSize)) checkDueJobs(history, commit, nowMs);
  if (lowestRun < Number.POSITIVE_INFINITY) history.scene.reach("priority: slots are short");
}

/** Its slots are taken, and it has looked at everything. */
function isJudged({ scene }: History, { inFlight }: Shard): boolean {
  const { claimMax, nearMax, slots } = scene.options.limits;
  return claimMax >= CLAIM_ALL && nearMax >= NEAR_ALL && inFlight >= slots;
}

/** No bound on its host, its executor or its nodes has kept it. */
function isFree(history: History, commit: Commit, run: Run): boolean {
  return isSurelyFree(history, commit.shard, run) && !isFreedLate(commit, run);
}

/** A run that was canceled for another one may have made a place for this one after its turn. */
function isFreedLate({ changes }: Commit, run: Run): boolean {
  return changes.some(
    (change) =>
      change.kind === "run" &&
      change.run.phase.state === "canceled" &&
      executorOf(change.run) === executorOf(run),
  );
}

/** Undefined for a webhook. */
function executorOf({ order }: Run): string | undefined {
  return order.target.kind === "executor" ? order.target.executor : undefined;
}

/** A shard that is full fires no ticks at all, and runs that ended may have made room only after a job's turn. */
function hadRoom(history: History, { shard, changes }: Commit, outbox: number): boolean {
  const { liveRunsMax, outboxMax } = history.scene.options.limits;
  const ended = changes.filter((change) => change.kind === "run" && isEnded(change.run.phase));
  return history.liveOf(shard).size + ended.length < liveRunsMax && outbox < outboxMax;
}

/** Nothing but a slot is missing. */
function isReady(history: History, run: Run, nowMs: number): boolean {
  const { phase } = run;
  if (phase.state !== "waiting" && phase.state !== "retrying") return false;
  if (phase.dueMs > nowMs) return false;
  const job = run.trigger.kind === "shard" ? undefined : history.jobs.get(run.jobId);
  if (phase.state === "retrying" || job === undefined) return true;
  return aheadOf(job, run, nowMs) < limitOf(job, run);
}

/** Jobs whose runs this transaction changed: what they wait for may have come just now. */
function touchedJobs({ changes }: Commit): ReadonlySet<string> {
  const jobs = new Set<string>();
  for (const change of changes) if (change.kind === "run") jobs.add(change.run.jobId);
  return jobs;
}

function startedIn({ changes }: Commit): readonly Run[] {
  const started: Run[] = [];
  for (const change of changes)
    if (change.kind === "run" && change.run.phase.state === "dispatching") started.push(change.run);
  return started;
}

function checkDueJobs(history: History, commit: Commit, nowMs: number): void {
  const moved = movedIn(commit);
  const fired = startedIn(commit).filter(
    ({ trigger, version, jobId }) => trigger.kind === "tick" && version <= 2 && moved.has(jobId),
  );
  const lowest = Math.min(...fired.map(({ order }) => order.priority));
  for (const { jobId, dueMs } of history.due.values()) {
    const job = history.jobs.get(jobId);
    if (job?.shard !== commit.shard || moved.has(jobId) || dueMs > nowMs) continue;
    const { name, priority } = job.row.spec;
    hold("O4 priority", priority <= lowest, () => `${name} is due, and one of ${lowest} fires`);
  }
}

/** What the transaction moved in the due table. */
function movedIn({ changes }: Commit): ReadonlySet<string> {
  const moved = new Set<string>();
  for (const change of changes) {
    if (change.kind === "due") moved.add(change.entry.jobId);
    if (change.kind === "dueGone") moved.add(change.jobId);
  }
  return moved;
}
