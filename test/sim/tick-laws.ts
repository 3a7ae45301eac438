import { unreachable } from "../../src/core/assert.ts";
import { durationMs } from "../../src/core/duration.ts";
import type { Job, JobSpec } from "../../src/core/job.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { DueEntry } from "../../src/ports/shard-storage.ts";
import type { Commit, History } from "./history.ts";
import type { BornRun, JobStory } from "./job-story.ts";
import { isActive } from "./run-laws.ts";
import { hold } from "./scene.ts";

/** The reason that a tick has no run is true in what is known of its job. */
export function checkTick(
  history: History,
  commit: Commit,
  { tick, at }: { readonly tick: Tick; readonly at: number },
): void {
  const job = history.jobs.get(tick.jobId);
  const said = (): string => `${JSON.stringify(tick)} at ${commit.nowMs}`;
  hold("T3 no phantom", job?.isDeleted === false, said);
  if (job === undefined) return;
  hold("T4 not early", tick.toMs <= commit.nowMs, said);
  hold("T1 a range has an order", tick.nominalMs <= tick.toMs && tick.count >= 1, said);
  history.scene.reach(`tick: ${tick.disposition} ${tick.reason ?? ""}`.trim());
  if (tick.count > 1) history.scene.reach("tick: a range");
  if (tick.disposition === "coalesced") {
    hold("T9 coalesced into one that ran", isRunHere(commit, tick.jobId, tick.intoMs), said);
    return;
  }
  hold("T1 nothing is dropped", tick.disposition === "skipped", said);
  hold("T1 the reason is true", isTrue(history, commit, { tick, at, job }), said);
}

function isRunHere(commit: Commit, jobId: string, nominalMs: number | null): boolean {
  return commit.changes.some(
    (change) =>
      change.kind === "run" &&
      change.run.jobId === jobId &&
      change.run.nominalMs === nominalMs &&
      change.run.trigger.kind === "tick",
  );
}

function isTrue(
  history: History,
  commit: Commit,
  claim: { readonly tick: Tick; readonly at: number; readonly job: JobStory },
): boolean {
  const { tick, job } = claim;
  switch (tick.reason) {
    case "overlap":
      return job.row.spec.overlap === "skip" && isOverlap(history, commit, claim);
    case "misfire":
      return isLate(job.row.spec, commit.nowMs - tick.toMs);
    case "paused": {
      // With its jitter, a tick from just before the pause would have started in it.
      return tick.nominalMs > job.pausedFromMs - jitterMs(job.row.spec);
    }
    case "ended":
      return commit.changes.some(({ kind }) => kind === "jobGone");
    case "calendar":
    case "limit":
    case null:
      return false; // No rule gives these yet.
    default:
      return unreachable(tick.reason);
  }
}

/** Another run of the job was live, or an earlier tick of the same plan becomes one. */
function isOverlap(
  history: History,
  { shard, changes }: Commit,
  { tick, at }: { readonly tick: Tick; readonly at: number },
): boolean {
  for (const { row } of history.liveOf(shard).values())
    if (row.jobId === tick.jobId && isActive(row)) return true;
  return changes.some(
    (change, i) =>
      i > at &&
      change.kind === "run" &&
      change.run.jobId === tick.jobId &&
      change.run.nominalMs < tick.nominalMs &&
      !history.runs.has(change.run.id),
  );
}

function isLate(spec: JobSpec, lateMs: number): boolean {
  const { grace } = spec.misfire;
  const startWithinMs = spec.startWithin === null ? null : ms(spec.startWithin);
  return lateMs > ms(grace) || (startWithinMs !== null && lateMs > startWithinMs);
}

/** Of the ticks that a job missed, as many run as its policy says, and none that is too old. */
export function checkCatchUp(history: History, commit: Commit): void {
  for (const job of touched(history, commit)) {
    const born = job.bornRuns.splice(0);
    const { spec } = born[0] ?? job.row;
    const { misfire } = spec;
    const policy = job.resumedBy ?? misfire.policy;
    const graceMs = ms(spec.misfire.grace) + jitterMs(spec);
    // Every tick of a pause counts as missed, however late.
    const late = born.filter(
      ({ run, nowMs }) => job.resumedBy !== undefined || nowMs - run.nominalMs > graceMs,
    );
    if (late.length > 0) history.scene.reach(`catch-up: ${policy}`);
    checkTimely(history, job, born);
    const said = (): string => `${spec.name}: ${late.map((b) => b.run.nominalMs).join()}`;
    const within = Math.min(ms(misfire.maxAge), ms(spec.startWithin ?? misfire.maxAge));
    const oldestMs = commit.nowMs - within;
    hold(
      "T9 none too old",
      late.every((b) => b.run.nominalMs >= oldestMs),
      said,
    );
    const most = { skip: 0, latest: 1, all: misfire.maxCatchup }[policy];
    hold("T9 catch-up as the policy says", late.length <= most, said);
    const nominals = born.map(({ run }) => run.nominalMs);
    const isInOrder = nominals.every((at, i) => i === 0 || at > (nominals[i - 1] ?? at));
    hold("T9 in nominal order", isInOrder, said);
  }
}

function touched(history: History, { changes }: Commit): readonly JobStory[] {
  const jobs = new Set<JobStory>();
  for (const change of changes) {
    const job = change.kind === "run" ? history.jobs.get(change.run.jobId) : undefined;
    if (job !== undefined && job.bornRuns.length > 0) jobs.add(job);
  }
  return [...jobs];
}

/** Where nothing goes wrong, a tick is at most its jitter late. */
function checkTimely({ scene }: History, job: JobStory, born: readonly BornRun[]): void {
  if (!scene.options.isCalm || job.wasPaused) return;
  for (const { run, nowMs, spec } of born) {
    const lateMs = nowMs - run.nominalMs;
    const boundMs = jitterMs(spec) + 100;
    hold("T5 timely", lateMs <= boundMs, () => `${run.id} is ${lateMs} ms late`);
  }
  if (born.length > 0) scene.reach("calm: a tick on time");
}

/** The last accounted tick of a job never moves back. */
export function checkDue(history: History, { jobId, cursorMs }: DueEntry): void {
  const job = history.jobs.get(jobId);
  if (job === undefined) return; // Its row follows in the same transaction.
  const was = job.cursorMs;
  hold("T12 the cursor never falls", cursorMs >= was, () => `${jobId}: ${was} to ${cursorMs}`);
  job.cursorMs = cursorMs;
}

export function jitterMs({ schedule }: Job["spec"]): number {
  return "jitter" in schedule ? ms(schedule.jitter) : 0;
}

function ms(text: string): number {
  return durationMs(text) ?? Number.NaN;
}
