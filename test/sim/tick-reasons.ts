import type { JobSpec } from "../../src/core/job.ts";
import { isEnded } from "../../src/core/run.ts";
import type { Tick, TickEvidence, TickReason } from "../../src/core/tick.ts";
import type { Commit, History } from "./history.ts";
import type { JobStory } from "./job-story.ts";
import { isSame } from "./model-records.ts";
import { isLive } from "./overlap-laws.ts";
import { hold } from "./scene.ts";
import { modelOf } from "./schedule-model.ts";
import { jitterMs, ms } from "./spec-times.ts";

/** A tick without a run, as it was written. */
export interface Claim {
  readonly tick: Tick;
  /** Where it is among the changes of its transaction. */
  readonly at: number;
  readonly job: JobStory;
  readonly said: () => string;
}

/** Why a tick has no run is true in what is known of its job, and so is the evidence that it keeps. */
export function checkReason(history: History, commit: Commit, claim: Claim): void {
  const { tick, job, said } = claim;
  const { evidence, reason } = tick;
  hold("E1 there is evidence", evidence !== null, said);
  if (evidence === null) return;
  hold("E1 the version it belongs to", isVersion(commit, claim, evidence.jobVersion), said);
  checkDays(history, claim);
  if (tick.disposition === "coalesced") return;
  const isDropped = tick.disposition === "dropped";
  hold("T1 only the cap drops", isDropped === (reason === "limit"), said);
  hold("T1 the reason is true", reason !== null, said);
  if (reason !== null) CHECKS[reason](history, { commit, claim, evidence, spec: job.row.spec });
}

/** The job as it was; or as it is once its pause is over, when nothing else has changed. */
function isVersion({ changes }: Commit, { job, at }: Claim, version: number): boolean {
  if (job.row.version === version) return true;
  return changes.some(
    (change, i) =>
      i > at &&
      change.kind === "job" &&
      change.job.version === version &&
      isSame(change.job.spec, job.row.spec),
  );
}

/** Where days are looked at: no zone of the worlds begins its days between these. */
const STRIDE_MS = 1_800_000;

/** Ticks of closed days are told from those of open days, but where the job itself is over. */
function checkDays(history: History, { tick, job, said }: Claim): void {
  const { era } = job;
  if (era?.calendar === undefined || tick.reason === "ended") return;
  const model = modelOf(era, history.scene.options.startMs);
  const isClosed = tick.reason === "calendar";
  let at: number | undefined = tick.nominalMs;
  while (at !== undefined && at <= tick.toMs) {
    hold("C3 closed days are told apart", model.isClosed(at) === isClosed, said);
    at = model.nextAfter((Math.floor(at / STRIDE_MS) + 1) * STRIDE_MS - 1);
  }
}

interface Told {
  readonly commit: Commit;
  readonly claim: Claim;
  readonly evidence: TickEvidence;
  readonly spec: JobSpec;
}

const CHECKS: Readonly<Record<TickReason, (history: History, told: Told) => void>> = {
  overlap: (history, told) => {
    const { spec, claim } = told;
    const mayWait = { skip: 0, buffer_one: 1, buffer_all: null, allow: null, cancel_other: null };
    const waiting = mayWait[spec.overlap];
    hold("T1 the reason is true", waiting !== null, claim.said);
    checkLive(history, told, waiting ?? 0);
  },
  limit: (history, told) => {
    const { spec, claim } = told;
    hold("T1 the reason is true", ["buffer_all", "allow"].includes(spec.overlap), claim.said);
    checkLive(history, told, history.scene.options.limits.bufferedMax);
  },
  misfire: (_, { spec, claim, commit, evidence }) => {
    const lateMs = commit.nowMs - claim.tick.toMs;
    const startWithinMs = spec.startWithin === null ? null : ms(spec.startWithin);
    const isTooLate = startWithinMs !== null && lateMs > startWithinMs;
    hold("T1 the reason is true", lateMs > ms(spec.misfire.grace) || isTooLate, claim.said);
    const { misfire, startWithinMs: told } = evidence;
    hold("E1 it says why", misfire !== undefined || told !== undefined, claim.said);
    const isKept = misfire === undefined || isSame(misfire, misfireOf(spec));
    hold("E1 the policy of its time", isKept, claim.said);
    hold("E1 the bound of its time", told === undefined || told === startWithinMs, claim.said);
  },
  paused: (_, { claim, evidence, spec }) => {
    const { tick, job, said } = claim;
    // With its jitter, a tick from just before the pause would have started in it.
    const isIn = tick.nominalMs > job.pausedFromMs - jitterMs(spec);
    hold("T1 the reason is true", isIn, said);
    const { pause } = job.row;
    const { sinceMs, untilMs, reason } = evidence.pause ?? {};
    const isKept = pause?.sinceMs === sinceMs && pause?.untilMs === untilMs;
    hold("E1 the pause of its time", isKept && pause?.reason === reason, said);
  },
  calendar: (_, { claim, evidence }) => {
    const { name, version } = claim.job.era?.calendar ?? {};
    const { calendar } = evidence;
    const isKept = name !== undefined && calendar?.name === name && calendar.version === version;
    hold("E1 the calendar of its time", isKept, claim.said);
  },
  ended: (_, { claim, commit }) => {
    const isGone = commit.changes.some(({ kind }) => kind === "jobGone");
    hold("T1 the reason is true", isGone, claim.said);
  },
};

/** As many runs were live as the evidence says, and one more was one too many. */
function checkLive(history: History, told: Told, mayWait: number): void {
  const { commit, claim, evidence, spec } = told;
  const { job, said } = claim;
  const limit = spec.concurrency ?? (spec.overlap === "allow" ? Number.POSITIVE_INFINITY : 1);
  const { live = 0, blockedBy } = evidence;
  const isKept = evidence.overlap === spec.overlap && evidence.limit === limit;
  hold("E1 the policy of its time", isKept, said);
  hold("T1 the reason is true", live >= limit + mayWait, said);
  const rows = [...job.live.values()].map(({ row }) => row);
  const earlier = bornLater(history, commit, claim);
  const least = rows.filter(isLive).length + earlier.length;
  // The time of a run for later may have come before the clock stepped back.
  const latestMs = Math.max(commit.nowMs, history.seenMs.get(commit.shard) ?? 0);
  const perhaps = rows.filter((row) => !isLive(row) && row.nominalMs <= latestMs).length;
  const said2 = (): string => `${least} to ${least + perhaps} are live: ${said()}`;
  hold("E1 as many were live", live >= least && live <= least + perhaps, said2);
  const isBlocker = rows.some(
    (row) => row.id === blockedBy && (isLive(row) || row.nominalMs <= latestMs),
  );
  const isOfPlan = blockedBy !== undefined && earlier.includes(blockedBy);
  hold("E1 one that was in the way", isBlocker || isOfPlan, said);
}

/** Runs that earlier ticks of the same plan become: they are written after the ticks without runs. */
function bornLater(history: History, { changes }: Commit, claim: Claim): readonly string[] {
  const ids: string[] = [];
  for (const change of changes.slice(claim.at)) {
    if (change.kind !== "run" || change.run.jobId !== claim.tick.jobId) continue;
    const { id, trigger, nominalMs, phase } = change.run;
    const isEarlier = trigger.kind === "tick" && nominalMs < claim.tick.nominalMs;
    if (isEarlier && !history.runs.has(id) && !isEnded(phase)) ids.push(id);
  }
  return [...new Set(ids)];
}

function misfireOf({ misfire }: JobSpec): TickEvidence["misfire"] {
  const { policy, grace, maxAge, maxCatchup } = misfire;
  return { policy, graceMs: ms(grace), maxAgeMs: ms(maxAge), maxCatchup };
}
