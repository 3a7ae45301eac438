import type { PlanInput } from "../../src/core/plan.ts";
import type { TickReason } from "../../src/core/tick.ts";

/** What becomes of one tick. */
export type Fate =
  | "runs"
  | `skipped ${TickReason}`
  | `dropped ${TickReason}`
  | `coalesced into ${number}`;

/**
 * The rules of planning applied to one tick after the other, over a list of all of them: slow, and plain
 * enough to be read beside the design of time semantics. Shares no code with the planner.
 */
export function naivePlan(
  input: PlanInput,
  ticks: readonly ListedTick[],
): ReadonlyMap<number, Fate> {
  const judged = ticks.filter((tick) => isJudged(input, tick));
  const missed = judged
    .filter((tick) => isMissed(input, tick) && !tick.isClosed)
    .map(({ nominalMs }) => nominalMs);
  const wanted = caughtUp(input, missed);
  const fates = new Map<number, Fate>();
  let live = input.liveRuns;
  for (const { nominalMs, isClosed } of judged) {
    const isPassedOver = missed.includes(nominalMs) && !wanted.includes(nominalMs);
    const open = isPassedOver ? missedFate(input) : startFate(input, nominalMs, live);
    const fate = isClosed ? "skipped calendar" : open;
    if (fate === "runs") live++;
    fates.set(nominalMs, fate);
  }
  if (input.overlap === "cancel_other") onlyNewest(fates);
  coalesce(input, missed, fates);
  return fates;
}

interface ListedTick {
  readonly nominalMs: number;
  /** With its jitter. */
  readonly fireMs: number;
  readonly isClosed: boolean;
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
  const { startWithinMs, overlap, limit, bufferedMax, nowMs } = input;
  if (startWithinMs !== null && nowMs - nominalMs > startWithinMs) return "skipped misfire";
  if (overlap === "skip" && live >= limit) return "skipped overlap";
  if (overlap === "buffer_one" && live > limit) return "skipped overlap";
  const isBuffered = overlap === "buffer_all" || overlap === "allow";
  return isBuffered && live - limit >= bufferedMax ? "dropped limit" : "runs";
}

/** Of several runs that would cancel each other, the newest stands for all. */
function onlyNewest(fates: Map<number, Fate>): void {
  const running = [...fates].filter(([, fate]) => fate === "runs").map(([nominalMs]) => nominalMs);
  const newest = running.at(-1);
  for (const nominalMs of running)
    if (newest !== undefined && nominalMs !== newest)
      fates.set(nominalMs, `coalesced into ${newest}`);
}

/** By the policy of the latest, the other young ones go where the newest goes, if anything comes of that one. */
function coalesce(input: PlanInput, missed: readonly number[], fates: Map<number, Fate>): void {
  const newest = missed.at(-1);
  if (input.misfire.policy !== "latest" || newest === undefined) return;
  const fate = fates.get(newest);
  if (fate === undefined || fate.startsWith("skipped") || fate.startsWith("dropped")) return;
  const into: Fate = fate === "runs" ? `coalesced into ${newest}` : fate;
  for (const nominalMs of missed)
    if (nominalMs !== newest && isYoung(input, nominalMs)) fates.set(nominalMs, into);
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
