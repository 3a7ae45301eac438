import type { PlanInput } from "../../src/core/plan.ts";
import type { TickReason } from "../../src/core/tick.ts";

/** What becomes of one tick. */
export type Fate = "runs" | `skipped ${TickReason}` | `coalesced into ${number}`;

/**
 * The rules of planning applied to one tick after the other, over a list of all of them: slow, and plain
 * enough to be read beside the design of time semantics. Shares no code with the planner.
 */
export function naivePlan(
  input: PlanInput,
  ticks: readonly ListedTick[],
): ReadonlyMap<number, Fate> {
  const judged = ticks.filter((tick) => isJudged(input, tick));
  const missed = judged.filter((tick) => isMissed(input, tick)).map(({ nominalMs }) => nominalMs);
  const wanted = caughtUp(input, missed);
  const fates = new Map<number, Fate>();
  let live = input.liveRuns;
  for (const { nominalMs } of judged) {
    const isPassedOver = missed.includes(nominalMs) && !wanted.includes(nominalMs);
    const fate = isPassedOver ? missedFate(input) : startFate(input, nominalMs, live);
    if (fate === "runs") live++;
    fates.set(nominalMs, fate);
  }
  coalesce(input, missed, fates);
  return fates;
}

interface ListedTick {
  readonly nominalMs: number;
  /** With its jitter. */
  readonly fireMs: number;
}

function isJudged({ cursorMs, nowMs, mode }: PlanInput, tick: ListedTick): boolean {
  return tick.nominalMs > cursorMs && (mode === "due" ? tick.fireMs : tick.nominalMs) <= nowMs;
}

function isMissed({ nowMs, misfire, mode }: PlanInput, { fireMs }: ListedTick): boolean {
  return mode === "resume" || nowMs - fireMs > misfire.graceMs;
}

function missedFate({ mode }: PlanInput): Fate {
  return mode === "resume" ? "skipped paused" : "skipped misfire";
}

/** What keeps a tick that should run from running. */
function startFate(input: PlanInput, nominalMs: number, live: number): Fate {
  const { startWithinMs, overlap, nowMs } = input;
  if (startWithinMs !== null && nowMs - nominalMs > startWithinMs) return "skipped misfire";
  return overlap === "skip" && live > 0 ? "skipped overlap" : "runs";
}

/** By the policy of the latest, the other young ones go into the newest, if that one runs. */
function coalesce(input: PlanInput, missed: readonly number[], fates: Map<number, Fate>): void {
  const newest = missed.at(-1);
  if (input.misfire.policy !== "latest" || newest === undefined) return;
  if (fates.get(newest) !== "runs") return;
  for (const nominalMs of missed)
    if (nominalMs !== newest && isYoung(input, nominalMs))
      fates.set(nominalMs, `coalesced into ${newest}`);
}

/** The missed ticks that run all the same. */
function caughtUp(input: PlanInput, missed: readonly number[]): readonly number[] {
  const { policy, maxCatchup } = input.misfire;
  const most = { skip: 0, latest: 1, all: maxCatchup }[policy];
  const young = missed.filter((nominalMs) => isYoung(input, nominalMs));
  return young.slice(Math.max(0, young.length - most));
}

function isYoung({ nowMs, misfire }: PlanInput, nominalMs: number): boolean {
  return nominalMs >= nowMs - misfire.maxAgeMs;
}
