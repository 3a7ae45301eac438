import type { Tick } from "../../src/core/tick.ts";
import { checkDelayTick } from "./delay-laws.ts";
import type { Commit, History } from "./history.ts";
import type { BornRun, JobStory } from "./job-story.ts";
import { hold } from "./scene.ts";
import { jitterMs, ms } from "./spec-times.ts";
import { checkReason } from "./tick-reasons.ts";

/** Takes a row of the ledger: each tick has one at most. */
export function takeTick(history: History, commit: Commit, tick: Tick, at: number): void {
  const { jobId, nominalMs, toMs, count, disposition, reason } = tick;
  const key = `${jobId}@${nominalMs}`;
  history.scene.note(`stores: tick ${key}-${toMs} x${count} ${disposition} ${reason}`);
  hold("T2 unique", !history.ticks.has(key), () => `tick ${key} was accounted before`);
  checkTick(history, commit, { tick, at });
  history.ticks.set(key, tick);
}

/** A tick without a run is of its job and of the past, and what is said of it is true. */
function checkTick(
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
    hold("T9 coalesced into one that ran", isRunHere(commit, tick), said);
    if (job.row.spec.overlap === "cancel_other") history.scene.reach("cancel_other: coalesced");
  }
  checkReason(history, commit, { tick, at, job, said });
  if (job.row.spec.schedule.kind !== "after") return;
  hold("D1 one at a time", tick.count === 1, said);
  checkDelayTick(job, tick.nominalMs, history.scene);
  job.delay.follow([Math.max(commit.nowMs, tick.nominalMs)]);
}

function isRunHere({ changes }: Commit, { jobId, toMs, intoMs }: Tick): boolean {
  return changes.some(
    (change) =>
      change.kind === "run" &&
      change.run.jobId === jobId &&
      change.run.nominalMs === intoMs &&
      change.run.nominalMs > toMs &&
      change.run.trigger.kind === "tick",
  );
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
