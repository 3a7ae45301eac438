/**
 * The planner: what becomes of every nominal tick of a schedule after the last accounted one.
 *
 * It is pure, so the running shard, the simulator and the tests share it. It looks at the ticks in
 * `(cursor, now]`. Those on closed days are skipped. Of the others, those found more than `grace` late are
 * missed and treated by the misfire policy; the rest fires, each subject to the overlap policy. Rules:
 * design of time semantics, sections 3 to 5. A fixed delay is planned by `planDelay`.
 */
import type { MisfirePolicy } from "./compiled-job.ts";
import type { JobPause, OverlapPolicy } from "./job.ts";
import { planMissed } from "./plan-missed.ts";
import { planStarts } from "./plan-starts.ts";
import { closed, single, stretch, type Draft, type Stretch } from "./plan-draft.ts";
import {
  fireAtMs,
  isClosed,
  lastTicks,
  nextTick,
  ticksBetween,
  type Schedule,
} from "./schedule.ts";
import type { Tick, TickEvidence } from "./tick.ts";

export const PLAN_LIMITS = {
  /** Runs that one call may start for one job. What is left is planned by the next call. */
  firesMax: 1_000,
  /** Stretches of missed ticks, open or closed, that one call accounts for. */
  stretchesMax: 1_000,
} as const;

export interface PlanInput {
  readonly schedule: Schedule;
  readonly jobId: string;
  /** The job's version that the ticks belong to. */
  readonly jobVersion: number;
  /** The last accounted nominal time. */
  readonly cursorMs: number;
  readonly nowMs: number;
  readonly misfire: MisfirePolicy;
  readonly startWithinMs: number | null;
  readonly overlap: OverlapPolicy;
  /** Runs of this job whose time has come and that have not ended. */
  readonly liveRuns: number;
  /** How many of them may have started: `runLimit` of the job. */
  readonly limit: number;
  /** How many more may wait, where the policy lets more than one wait. */
  readonly bufferedMax: number;
  /** The oldest live run, for the evidence; null when there is none. */
  readonly blockedBy: string | null;
  /** The pause that a resume ends, for the evidence; else null. */
  readonly pause: JobPause | null;
  /**
   * `due`: what the clock has brought. `settle`: everything nominal up to now, jitter or not, because
   * the job changes now. `resume`: every tick since the pause counts as missed, and skips say so.
   */
  readonly mode: "due" | "settle" | "resume";
}

/** A fate without a run; the shard adds whose it is and when it was decided. */
export type PlannedTick = Pick<
  Tick,
  "nominalMs" | "toMs" | "count" | "disposition" | "reason" | "intoMs"
> & { readonly evidence: TickEvidence };

export interface PlannedFire {
  readonly nominalMs: number;
  /** The schedule's next nominal time, for retries that must not outlive it. */
  readonly nextNominalMs: number | null;
  /** How late it starts, against its nominal time plus jitter. */
  readonly lagMs: number;
}

export interface Plan {
  readonly fires: readonly PlannedFire[];
  readonly ticks: readonly PlannedTick[];
  /** The last accounted nominal time from here on. */
  readonly cursorMs: number;
  /** The next nominal time after it; null when the schedule is over, or `isAwaiting`. */
  readonly nextMs: number | null;
  /** When to plan again: the next nominal time plus its jitter. */
  readonly nextDueMs: number | null;
  /** False when ticks up to now are left: plan again at once. */
  readonly isComplete: boolean;
  /** The next tick is counted from the end of the run that fires here. */
  readonly isAwaiting: boolean;
}

export function plan(input: PlanInput): Plan {
  const missed = planMissed(input, lastMissed(input), PLAN_LIMITS.stretchesMax);
  return finish(input, missed.isComplete ? planRecent(input, missed) : missed);
}

/**
 * The newest nominal time that is missed; `cursorMs` when none is. A jitter never reaches the next nominal
 * time, so of the ticks nominally late enough only the newest may still be within its grace.
 */
function lastMissed({ schedule, jobId, cursorMs, nowMs, misfire, mode }: PlanInput): number {
  const untilMs = mode === "resume" ? nowMs : nowMs - misfire.graceMs - 1;
  const first = untilMs <= cursorMs ? null : nextTick(schedule, cursorMs);
  if (first === null || first > untilMs) return cursorMs; // The usual case, at the price of one look-up.
  const [older, newest] = lastTwo(schedule, cursorMs, untilMs);
  if (newest === undefined) return cursorMs;
  const isMissed = mode === "resume" || fireAtMs(schedule, jobId, newest) <= untilMs;
  return isMissed ? newest : (older ?? cursorMs);
}

function lastTwo(
  schedule: Schedule,
  afterMs: number,
  untilMs: number,
): readonly [number | undefined, number | undefined] {
  const last = lastTicks(schedule, { afterMs, untilMs, n: 2 });
  return [last.at(-2), last.at(-1)];
}

/** The ticks within their grace: all open ones fire, as far as their jitter has passed. */
function planRecent(input: PlanInput, missed: Draft): Draft {
  const { schedule, jobId, nowMs, mode } = input;
  const afterMs = missed.cursorMs;
  const room = PLAN_LIMITS.firesMax - missed.runs.length;
  const found = ticksBetween(schedule, { afterMs, untilMs: nowMs, limit: Math.max(1, room) });
  const isDue = (tick: number): boolean =>
    mode !== "due" || fireAtMs(schedule, jobId, tick) <= nowMs;
  const newest = found.ticks.at(-1);
  const due = newest === undefined || isDue(newest) ? found.ticks : found.ticks.slice(0, -1);
  const open = due.filter((tick) => !isClosed(schedule, tick));
  const shut = open.length === due.length ? [] : closedStretches(schedule, due);
  return {
    runs: [...missed.runs, ...open],
    ticks: [...missed.ticks, ...shut.map((each) => closed(input, each))],
    cursorMs: due.at(-1) ?? afterMs,
    isComplete: found.isComplete,
  };
}

/** The closed ones of some ticks that follow each other, those without an open one between them together. */
function closedStretches(schedule: Schedule, ticks: readonly number[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let isInStretch = false;
  for (const tick of ticks) {
    const last = isInStretch ? stretches.pop() : undefined;
    isInStretch = isClosed(schedule, tick);
    if (last !== undefined) stretches.push(isInStretch ? stretch(last, tick) : last);
    else if (isInStretch) stretches.push(single(tick));
  }
  return stretches;
}

/** Applies what bounds the start of each run: lateness and overlap. Then says what comes next. */
function finish(input: PlanInput, draft: Draft): Plan {
  const { schedule, jobId, nowMs } = input;
  const { runs, ticks } = planStarts(input, draft);
  const fires = runs.map((nominalMs, i) => ({
    nominalMs,
    nextNominalMs: runs[i + 1] ?? nextTick(schedule, nominalMs),
    lagMs: Math.max(0, nowMs - fireAtMs(schedule, jobId, nominalMs)),
  }));
  const nextMs = nextTick(schedule, draft.cursorMs);
  const nextDueMs = nextMs === null ? null : fireAtMs(schedule, jobId, nextMs);
  const { cursorMs, isComplete } = draft;
  return { fires, ticks, cursorMs, nextMs, nextDueMs, isComplete, isAwaiting: false };
}
