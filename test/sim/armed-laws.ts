import { isEnded, type Run } from "../../src/core/run.ts";
import type { Shard } from "../../src/shard/shard.ts";
import { isAwaiting } from "./delay-laws.ts";
import type { Commit, History } from "./history.ts";
import type { JobStory } from "./job-story.ts";
import { checkNoneLost } from "./lost-laws.ts";
import { aheadOf, limitOf } from "./overlap-laws.ts";
import { isSame } from "./model-records.ts";
import { whatMayBlock } from "./routing-laws.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";
import type { Change } from "./watched-storage.ts";

/** S5 and R7: whatever is due wakes the shard, unless a completion must come first to make room for it. */
export function checkArmed(history: History, host: ShardHost): void {
  const { shard, nowMs } = host;
  if (shard === undefined) return;
  const mustMs = mustWakeMs(history, host, shard);
  if (mustMs === undefined) return;
  const nextMs = shard.nextTickMs(nowMs);
  hold(
    "S5 armed",
    nextMs !== undefined && nextMs <= Math.max(mustMs, nowMs),
    () => `shard ${host.deps.shard} wakes at ${nextMs}, must at ${mustMs}, now ${nowMs}`,
  );
}

/** The latest instant at which the shard must look again; undefined when it may sleep. */
function mustWakeMs(history: History, host: ShardHost, shard: Shard): number | undefined {
  const { limits } = history.scene.options;
  const { deps, nowMs } = host;
  const live = history.liveOf(deps.shard);
  const hasSlot = shard.inFlight < limits.slots;
  const hasRoom = live.size < limits.liveRunsMax && shard.outboxSize < limits.outboxMax;
  if (!hasSlot) history.scene.reach("limit: no slot free");
  if (!hasRoom) history.scene.reach("limit: no room");
  const dues = [...live.values()].map(({ row }) =>
    isParked(history, row, nowMs) || isBlocked(history, deps.shard, row)
      ? undefined
      : dueMs(row, hasSlot),
  );
  if (hasSlot && hasRoom) dues.push(deps.storage.earliestDueMs());
  const known = dues.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Its time has come, and its job has as many started runs and runs before it as it may. */
function isParked(history: History, run: Run, nowMs: number): boolean {
  const job = history.jobs.get(run.jobId);
  const story = job?.live.get(run.id);
  if (job === undefined || story === undefined || run.phase.state !== "waiting") return false;
  // A clock that steps back puts off what is parked already, too.
  if (run.phase.dueMs > nowMs && !story.wasParked) return false;
  if (aheadOf(job, run, nowMs) < limitOf(job, run)) return false;
  if (!story.wasParked) history.scene.reach("overlap: parked");
  story.wasParked = true;
  return true;
}

/** N3: it is ready, and a bound on its host, its executor or its nodes may keep it from starting. */
function isBlocked(history: History, shard: number, run: Run): boolean {
  const { state } = run.phase;
  if (state !== "waiting" && state !== "retrying") return false;
  const what = whatMayBlock(history, shard, run);
  if (what !== null) history.scene.reach(`blocked by ${what}`);
  return what !== null || history.unsure.has(shard);
}

/** S5 for jobs: one that is active has its row of the due table, or waits for the end of its own run. */
export function checkJobsArmed(history: History, { changes }: Commit): void {
  for (const job of changedJobs(history, changes)) {
    const isDue = history.due.has(job.id);
    const said = (): string => `${JSON.stringify(job.row)} ${isDue ? "is" : "is not"} due`;
    if (job.isDeleted) hold("S5 a deleted job is not due", !isDue, said);
    else hold("S5 each active job is armed", isDue === mustBeDue(job), said);
  }
}

function changedJobs(history: History, changes: readonly Change[]): ReadonlySet<JobStory> {
  const jobs = new Set<JobStory>();
  for (const change of changes) {
    const job = history.jobs.get(jobIdOf(change) ?? "");
    if (job !== undefined) jobs.add(job);
  }
  return jobs;
}

function jobIdOf(change: Change): string | undefined {
  if (change.kind === "run") return change.run.jobId;
  if (change.kind === "job") return change.job.id;
  if (change.kind === "due") return change.entry.jobId;
  return "jobId" in change ? change.jobId : undefined;
}

function mustBeDue(job: JobStory): boolean {
  const { state, pause, spec } = job.row;
  if (pause !== null) return pause.untilMs !== null;
  return state === "active" && spec.schedule.kind !== "manual" && !isAwaiting(job);
}

/** A deadline needs no slot; a start that finds none waits for a completion. */
function dueMs({ phase }: Run, hasSlot: boolean): number | undefined {
  if (isEnded(phase)) return undefined;
  const isDeadline = phase.state === "dispatching" || phase.state === "running";
  return isDeadline || hasSlot ? phase.dueMs : undefined;
}

/** S3: a shard that was rebuilt from storage knows what the one before it had stored. */
export function checkRebuilt(history: History, host: ShardHost): void {
  const { shard, deps } = host;
  if (shard === undefined) return;
  const live = history.liveOf(deps.shard);
  for (const [id, { row }] of live) {
    hold("S3 rebuild", isSame(shard.run(id), row), () => `run ${id} is not as it was stored`);
    const isLost = row.phase.state === "dispatching";
    hold("S3 no orphan", !isLost, () => `run ${id} is out, and nobody carries it`);
  }
  const reply = shard.command("stats", {}, { nowMs: host.nowMs, idempotency: null });
  const stats = reply.ok ? reply.value : undefined;
  hold("S3 rebuild", stats?.liveRuns === live.size, () => `${stats?.liveRuns} of ${live.size}`);
  checkNoneLost(history, deps.shard);
  history.scene.reach(live.size > 0 ? "rebuilt with live runs" : "rebuilt");
  checkArmed(history, host);
}
