import { isEnded, type Run } from "../../src/core/run.ts";
import type { Commit, History } from "./history.ts";
import type { JobStory } from "./job-story.ts";
import type { RunStory } from "./run-laws.ts";
import { isSurelyFree } from "./routing-laws.ts";
import { hold } from "./scene.ts";
import { ms } from "./spec-times.ts";

/** How long a run waits for the deliveries of those that were canceled for it. */
const CANCEL_WAIT_MS = 10_000;
/** With this, a tick of the shard looks at everything that is ready. */
const CLAIM_ALL = 500;

/** Runs of the job that may have started and not ended, as far as this one is concerned. */
export function limitOf(job: JobStory, { order, trigger }: Run): number {
  const { concurrency, overlap } = job.isDeleted
    ? { concurrency: null, overlap: order.overlap }
    : job.row.spec;
  // Who ran it by hand, or again, may waive the policy; a tick's run is bound by the job as it is now.
  const isWaived = trigger.kind !== "tick" && order.overlap === "allow";
  return concurrency ?? (isWaived || overlap === "allow" ? Number.POSITIVE_INFINITY : 1);
}

/**
 * How many have started, or wait for nothing but their turn before this one. What the transaction
 * `during` made or released does not stand in line yet.
 */
export function aheadOf(job: JobStory, run: Run, nowMs: number, during?: Commit): number {
  let ahead = 0;
  for (const { row, changedIn } of job.live.values()) {
    const { phase, nominalMs, id } = row;
    const isEarlier = nominalMs < run.nominalMs || (nominalMs === run.nominalMs && id < run.id);
    const isWaiting = phase.state === "waiting" && phase.dueMs <= nowMs && changedIn !== during;
    if (hasStarted(row) || (isWaiting && isEarlier)) ahead++;
  }
  return ahead;
}

/** It was made to start later than at once. */
export function isForLater({ nominalMs, createdMs }: Run): boolean {
  return nominalMs > createdMs;
}

/** It counts for the overlap policy beyond doubt: a run for later may have had its time or not. */
export function isLive(run: Run): boolean {
  return !isEnded(run.phase) && (hasStarted(run) || !isForLater(run));
}

/** It has had an attempt, or has been split. */
function hasStarted({ phase }: Run): boolean {
  return phase.attempt > 0 || phase.state === "running";
}

export function startedOf(job: JobStory): number {
  let started = 0;
  for (const { row } of job.live.values()) if (hasStarted(row)) started++;
  return started;
}

export function liveOthers(job: JobStory, run: Run): readonly RunStory[] {
  return [...job.live.values()].filter(({ row }) => row.id !== run.id && isLive(row));
}

/** O1, O2: a run is only made when its job's policy leaves room for it. */
export function checkRoom(history: History, job: JobStory, run: Run): void {
  if (isForLater(run) || run.trigger.kind === "retry") return;
  const limit = limitOf(job, run);
  const others = liveOthers(job, run).length;
  const said = (): string => `${run.id} begins beside ${others} of at most ${limit}`;
  const { overlap } = run.order;
  if (overlap === "skip") hold("O1 skip", others < limit, said);
  if (overlap === "buffer_one") hold("O2 one waits", others < limit + 1, said);
  const cap = limit + history.scene.options.limits.bufferedMax;
  if (run.trigger.kind !== "backfill") hold("O2 at most the cap", others < cap, said);
}

/** O2, O3: a run sends for the first time when fewer than the limit have, and none before it waits. */
export function checkFirstStart(
  history: History,
  job: JobStory,
  start: {
    readonly story: RunStory | undefined;
    readonly run: Run;
    readonly commit: Commit;
  },
): void {
  const { story, run, commit } = start;
  const { nowMs } = commit;
  const [limit, started] = [limitOf(job, run), startedOf(job)];
  const said = (): string => `${run.id} starts beside ${started} of at most ${limit}`;
  hold("O3 concurrency", started < limit, said);
  checkInTime(job, run, nowMs);
  const ahead = aheadOf(job, run, nowMs, commit);
  hold("O2 first in, first out", ahead < limit, () => `${run.id} starts, ${ahead} before it`);
  // Where a tick of the shard looks at a few runs only, one it has not come to is passed by.
  const isAll = history.scene.options.limits.claimMax >= CLAIM_ALL;
  if (run.trigger.kind === "tick" && isAll && !isFailing(job, commit))
    checkTurn(history, job, run, nowMs);
  if (story === undefined) return;
  if (story.row.phase.state === "waiting" && story.wasParked)
    history.scene.reach("overlap: unparked");
  for (const canceled of story.canceledForIt) {
    const isOver = history.deliveries.isOver(canceled.delivery, nowMs);
    const isLong = nowMs - canceled.sinceMs >= CANCEL_WAIT_MS;
    hold("O2 cancel ends first", isOver || isLong, () => `${run.id}: ${canceled.delivery.key}`);
    history.scene.reach(isOver ? "cancel_other: waited" : "cancel_other: waited in vain");
  }
}

/** O2: whoever carries a delivery of a run that was canceled for this one has been told before it leaves. */
export function checkToldFirst({ row, canceledForIt }: RunStory): void {
  for (const { delivery } of canceledForIt) {
    const isTold = delivery.isOver || delivery.isAborted;
    hold("O2 cancel is sent first", isTold, () => `${row.id} leaves, and ${delivery.key} is out`);
  }
}

/** T9: what had to wait does not start later than its job allows. */
function checkInTime(job: JobStory, run: Run, nowMs: number): void {
  const said = (): string => `${run.id} ${nowMs - run.nominalMs} ms late`;
  hold("T9 starts in time", isInTime(job, run, nowMs), said);
}

function isInTime({ row, isDeleted }: JobStory, run: Run, nowMs: number): boolean {
  const { startWithin } = row.spec;
  if (isDeleted || startWithin === null || run.trigger.kind !== "tick") return true;
  return nowMs - run.nominalMs <= ms(startWithin);
}

/** Runs of the job that could not be split have ended in its turn: who waited for that is woken after it. */
function isFailing({ id }: JobStory, { changes }: Commit): boolean {
  return changes.some(
    (change) =>
      change.kind === "run" &&
      change.run.jobId === id &&
      change.run.order.sharding !== null &&
      change.run.tally === null &&
      isEnded(change.run.phase),
  );
}

/** First in, first out: by the nominal time, among runs of ticks that wait for nothing but their turn. */
function checkTurn(history: History, job: JobStory, run: Run, nowMs: number): void {
  for (const { row } of job.live.values()) {
    // The rule of a job that is gone is that of each run itself; what is too late has its turn to end.
    const mayStart = startedOf(job) < limitOf(job, row) && isInTime(job, row, nowMs);
    if (row.id === run.id || !mayStart || !isSurelyFree(history, job.shard, row)) continue;
    const isBefore = row.trigger.kind === "tick" && row.nominalMs < run.nominalMs;
    const isWaiting = row.phase.state === "waiting" && row.phase.dueMs <= nowMs;
    const isPassed = isBefore && isWaiting && row.order.priority >= run.order.priority;
    hold("O2 first in, first out", !isPassed, () => `${run.id} starts before ${row.id}`);
  }
}

/** O2: where the newest run replaces the others, none of those lives on. */
export function checkCanceledOthers(history: History, commit: Commit): void {
  const seen = new Set<string>();
  for (const [at, change] of commit.changes.entries()) {
    if (change.kind !== "run" || seen.has(change.run.id)) continue;
    seen.add(change.run.id);
    if (change.run.order.overlap !== "cancel_other") continue;
    const story = history.runs.get(change.run.id);
    const job = history.jobs.get(change.run.jobId);
    if (story === undefined || job === undefined || !begins(commit, story, change.run)) continue;
    const later = bornAfter(commit, at);
    for (const other of liveOthers(job, change.run))
      hold(
        "O2 the others are canceled",
        later.has(other.row.id),
        () => `${change.run.id} begins while ${other.row.id} is ${other.row.phase.state}`,
      );
    noteCanceled(history, commit, { job, story });
    const isWaiting = !hasStarted(story.row) || story.canceledForIt.length === 0;
    hold("O2 cancel ends first", isWaiting, () => `${change.run.id} starts at once`);
  }
}

/** It was made in this transaction and is due at once, or its later time has come in it. */
function begins(commit: Commit, story: RunStory, run: Run): boolean {
  if (run.trigger.kind === "retry" || run.trigger.kind === "backfill") return false;
  if (isEnded(story.row.phase)) return false;
  return isForLater(run) ? run.version === 2 : story.bornIn === commit && run.version <= 2;
}

function bornAfter(commit: Commit, at: number): ReadonlySet<string> {
  const born = new Set<string>();
  for (const change of commit.changes.slice(at + 1))
    if (change.kind === "run" && change.run.version <= 2) born.add(change.run.id);
  return born;
}

/** The deliveries that were out when their runs were canceled for this one. */
function noteCanceled(
  history: History,
  commit: Commit,
  { job, story }: { readonly job: JobStory; readonly story: RunStory },
): void {
  if (story.canceledForIt.length > 0) return;
  for (const change of commit.changes) {
    if (change.kind !== "run" || change.run.jobId !== job.id) continue;
    if (change.run.phase.state !== "canceled" || change.run.id === story.row.id) continue;
    const delivery = history.deliveries.outOf(change.run.id);
    const isOut = delivery !== undefined && !history.deliveries.isOver(delivery, commit.nowMs);
    if (isOut) story.canceledForIt.push({ delivery, sinceMs: commit.nowMs });
    history.scene.reach("cancel_other: canceled");
  }
}
