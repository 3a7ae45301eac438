/**
 * The planner: what becomes of every nominal tick of a schedule after the last accounted one.
 *
 * It is pure, so the running shard, the simulator and the tests share it. It looks at the ticks in
 * `(cursor, now]`. Those found more than `grace` late are missed and treated by the misfire policy; the
 * others fire, each subject to the overlap policy. Rules: design of time semantics, sections 3 to 5.
 */
import type { MisfirePolicy } from "./compiled-job.ts";
import type { OverlapPolicy } from "./job.ts";
import {
  countTicks,
  fireAtMs,
  lastTicks,
  nextTick,
  ticksBetween,
  type Schedule,
} from "./schedule.ts";
import type { Tick, TickReason } from "./tick.ts";

export const PLAN_LIMITS = {
  /** Runs that one call may start for one job. What is left is planned by the next call. */
  firesMax: 1_000,
} as const;

export interface PlanInput {
  readonly schedule: Schedule;
  readonly jobId: string;
  /** The last accounted nominal time. */
  readonly cursorMs: number;
  readonly nowMs: number;
  readonly misfire: MisfirePolicy;
  readonly startWithinMs: number | null;
  readonly overlap: OverlapPolicy;
  /** Runs of this job that have not ended. */
  readonly liveRuns: number;
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
>;

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
  /** The next nominal time after it; null when the schedule is over. */
  readonly nextMs: number | null;
  /** When to plan again: the next nominal time plus its jitter. */
  readonly nextDueMs: number | null;
  /** False when ticks up to now are left: plan again at once. */
  readonly isComplete: boolean;
}

export function plan(input: PlanInput): Plan {
  const missedUntilMs = lastMissed(input);
  const missed = planMissed(input, missedUntilMs);
  return finish(input, planRecent(input, missed));
}

interface Draft {
  readonly runs: readonly number[];
  readonly ticks: readonly PlannedTick[];
  readonly cursorMs: number;
  readonly isComplete: boolean;
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

function planMissed(input: PlanInput, missedUntilMs: number): Draft {
  const { cursorMs, nowMs, misfire } = input;
  if (missedUntilMs <= cursorMs) return { runs: [], ticks: [], cursorMs, isComplete: true };
  const ageLimitMs = nowMs - misfire.maxAgeMs;
  const kept = catchUp(input, Math.max(cursorMs, ageLimitMs - 1), missedUntilMs);
  const restUntilMs = kept[0] === undefined ? missedUntilMs : kept[0] - 1;
  return planRest(input, { kept, restUntilMs, oldUntilMs: Math.min(restUntilMs, ageLimitMs - 1) });
}

/** The missed ticks that do not run: too old ones are skipped, younger ones go into the one that runs. */
function planRest(
  input: PlanInput,
  rest: {
    readonly kept: readonly number[];
    readonly restUntilMs: number;
    readonly oldUntilMs: number;
  },
): Draft {
  const { schedule, cursorMs, misfire } = input;
  const { kept, restUntilMs } = rest;
  const reason = missReason(input);
  const intoMs = misfire.policy === "latest" ? (kept.at(-1) ?? null) : null;
  const ticks: PlannedTick[] = [];
  const old = range(schedule, cursorMs, rest.oldUntilMs);
  if (old.count > 0) ticks.push(skipped(old, reason));
  const young = range(schedule, Math.max(cursorMs, old.toMs), restUntilMs);
  if (young.count > 0) ticks.push(passedOver(young, reason, intoMs));
  return { runs: kept, ticks, cursorMs: Math.max(cursorMs, restUntilMs), isComplete: true };
}

function passedOver(ticks: Range, reason: TickReason, intoMs: number | null): PlannedTick {
  if (intoMs === null) return skipped(ticks, reason);
  return { ...span(ticks), disposition: "coalesced", reason: null, intoMs };
}

/** The missed ticks that run all the same: by policy the newest, or the newest few; none too old to start. */
function catchUp(input: PlanInput, afterMs: number, untilMs: number): readonly number[] {
  const { policy, maxCatchup } = input.misfire;
  if (policy === "skip" || untilMs <= afterMs) return [];
  return lastTicks(input.schedule, { afterMs, untilMs, n: policy === "latest" ? 1 : maxCatchup });
}

/** The ticks within their grace: all of them fire, as far as their jitter has passed. */
function planRecent(input: PlanInput, missed: Draft): Draft {
  const { schedule, jobId, nowMs, mode } = input;
  const afterMs = Math.max(missed.cursorMs, missed.runs.at(-1) ?? missed.cursorMs);
  const room = PLAN_LIMITS.firesMax - missed.runs.length;
  const found = ticksBetween(schedule, { afterMs, untilMs: nowMs, limit: Math.max(1, room) });
  const isDue = (tick: number): boolean =>
    mode !== "due" || fireAtMs(schedule, jobId, tick) <= nowMs;
  const newest = found.ticks.at(-1);
  const due = newest === undefined || isDue(newest) ? found.ticks : found.ticks.slice(0, -1);
  return {
    ...missed,
    runs: [...missed.runs, ...due],
    cursorMs: due.at(-1) ?? afterMs,
    isComplete: found.isComplete,
  };
}

/** Applies what bounds the start of each run: lateness and overlap. Then says what comes next. */
function finish(input: PlanInput, draft: Draft): Plan {
  const { schedule, jobId, nowMs, startWithinMs, overlap } = input;
  const fires: PlannedFire[] = [];
  const ticks = [...draft.ticks];
  let live = input.liveRuns;
  for (const [i, nominalMs] of draft.runs.entries()) {
    const isTooLate = startWithinMs !== null && nowMs - nominalMs > startWithinMs;
    if (isTooLate || (overlap === "skip" && live > 0)) {
      ticks.push(skipped(single(nominalMs), isTooLate ? "misfire" : "overlap"));
      continue;
    }
    live++;
    const nextNominalMs = draft.runs[i + 1] ?? nextTick(schedule, nominalMs);
    const lagMs = Math.max(0, nowMs - fireAtMs(schedule, jobId, nominalMs));
    fires.push({ nominalMs, nextNominalMs, lagMs });
  }
  const fated = ticks.map((tick) => (isVain(tick, fires) ? unmerged(input, tick) : tick));
  const nextMs = nextTick(schedule, draft.cursorMs);
  const nextDueMs = nextMs === null ? null : fireAtMs(schedule, jobId, nextMs);
  const { cursorMs, isComplete } = draft;
  return { fires, ticks: fated, cursorMs, nextMs, nextDueMs, isComplete };
}

/** Coalesced into a tick that, for its lateness or an overlap, does not run after all. */
function isVain({ disposition, intoMs }: PlannedTick, fires: readonly PlannedFire[]): boolean {
  return disposition === "coalesced" && !fires.some(({ nominalMs }) => nominalMs === intoMs);
}

function unmerged(input: PlanInput, tick: PlannedTick): PlannedTick {
  return { ...tick, disposition: "skipped", reason: missReason(input), intoMs: null };
}

function missReason({ mode }: PlanInput): TickReason {
  return mode === "resume" ? "paused" : "misfire";
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** The ticks in `(afterMs, untilMs]` as one range, counted without listing them. */
function range(schedule: Schedule, afterMs: number, untilMs: number): Range {
  const none = { fromMs: afterMs, toMs: afterMs, count: 0 };
  if (untilMs <= afterMs) return none;
  const fromMs = nextTick(schedule, afterMs);
  const toMs = lastTicks(schedule, { afterMs, untilMs, n: 1 })[0];
  if (fromMs === null || toMs === undefined) return none;
  return { fromMs, toMs, count: countTicks(schedule, { afterMs, untilMs }) };
}

function single(nominalMs: number): Range {
  return { fromMs: nominalMs, toMs: nominalMs, count: 1 };
}

function span({ fromMs, toMs, count }: Range): Pick<PlannedTick, "nominalMs" | "toMs" | "count"> {
  return { nominalMs: fromMs, toMs, count };
}

function skipped(ticks: Range, reason: TickReason): PlannedTick {
  return { ...span(ticks), disposition: "skipped", reason, intoMs: null };
}
