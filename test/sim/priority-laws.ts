import type { Run } from "../../src/core/run.ts";
import type { Commit, History } from "./history.ts";
import { aheadOf, limitOf } from "./overlap-laws.ts";
import { isSame } from "./model-records.ts";
import { isSurelyFree } from "./routing-laws.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

/** Where a tick of the shard looks at everything that is ready. */
const CLAIM_ALL = 500;
const NEAR_ALL = 50_000;

/** O4: where slots are short, no run that is ready and no job that is due waits behind one of a lower priority. */
export function checkPriority(history: History, host: ShardHost, commit: Commit): void {
  const { limits } = history.scene.options;
  const { shard, nowMs } = host;
  if (limits.claimMax < CLAIM_ALL || limits.nearMax < NEAR_ALL) return;
  if (shard === undefined || shard.inFlight < limits.slots) return;
  const touched = touchedJobs(commit);
  const lowestRun = Math.min(...startedIn(commit).map(({ order }) => order.priority));
  for (const { row } of history.liveOf(host.deps.shard).values()) {
    if (row.order.priority <= lowestRun || touched.has(row.jobId)) continue;
    if (!isSurelyFree(history, host.deps.shard, row) || isFreedLate(commit, row)) continue;
    const isPassed = isReady(history, row, nowMs);
    hold("O4 priority", !isPassed, () => `${row.id} waits, and one of ${lowestRun} starts`);
  }
  if (hasRoom(history, host.deps.shard, shard.outboxSize)) checkDueJobs(history, commit, nowMs);
  if (lowestRun < Number.POSITIVE_INFINITY) history.scene.reach("priority: slots are short");
}

/** A run that was canceled for another one may have made a place at its executor after this one was looked at. */
function isFreedLate({ changes }: Commit, { order }: Run): boolean {
  const { target } = order;
  return changes.some(
    (change) =>
      change.kind === "run" &&
      change.run.phase.state === "canceled" &&
      isSame(change.run.order.target, target),
  );
}

/** A shard that is full fires no ticks at all. */
function hasRoom(history: History, shard: number, outbox: number): boolean {
  const { liveRunsMax, outboxMax } = history.scene.options.limits;
  return history.liveOf(shard).size < liveRunsMax && outbox < outboxMax;
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
