import type { PlanInput, PlannedTick } from "./plan.ts";
import { closed, coalesced, missed, missEvidence, type Draft, type Stretch } from "./plan-draft.ts";
import {
  countTicks,
  lastOpenTicks,
  lastTicks,
  nextTick,
  segmentsBetween,
  type Schedule,
} from "./schedule.ts";

/** What the misfire policy makes of the missed ticks of one plan. */
interface Choice {
  /** No missed tick older than this runs. */
  readonly youngFromMs: number;
  /** The first of those that run; infinite when none does. */
  readonly keptFromMs: number;
  /** The tick that runs for the young ones before it; null when they are only skipped. */
  readonly intoMs: number | null;
}

/**
 * Decides on the ticks in `(cursor, missedUntilMs]`, all of which are missed. Closed ones are skipped for
 * the calendar, too old ones for their age; of the others the newest run, as many as the policy says, and
 * the rest is skipped or goes into the one that runs. At most `stretchesMax` stretches are looked at.
 */
export function planMissed(input: PlanInput, missedUntilMs: number, stretchesMax: number): Draft {
  const { schedule, cursorMs, nowMs, misfire } = input;
  if (missedUntilMs <= cursorMs) return { runs: [], ticks: [], cursorMs, isComplete: true };
  const youngFromMs = nowMs - misfire.maxAgeMs;
  const kept = catchUp(input, Math.max(cursorMs, youngFromMs - 1), missedUntilMs);
  const range = { afterMs: cursorMs, untilMs: missedUntilMs, limit: stretchesMax };
  const { segments, isComplete } = segmentsBetween(schedule, range);
  const untilMs = isComplete ? missedUntilMs : (segments.at(-1)?.toMs ?? missedUntilMs);
  const choice = {
    youngFromMs,
    keptFromMs: kept[0] ?? Number.POSITIVE_INFINITY,
    // Whether a tick beyond this plan will run is not known yet.
    intoMs: misfire.policy === "latest" && isComplete ? (kept.at(-1) ?? null) : null,
  };
  const ticks = segments.flatMap((segment) =>
    segment.isClosed ? [closed(input, segment)] : passedOver(input, segment, choice),
  );
  const runs = isComplete ? kept : kept.filter((tick) => tick <= untilMs);
  return { runs, ticks, cursorMs: untilMs, isComplete };
}

/** The missed ticks that run all the same: by policy the newest, or the newest few; none too old to start. */
function catchUp(input: PlanInput, afterMs: number, untilMs: number): readonly number[] {
  const { policy, maxCatchup } = input.misfire;
  if (policy === "skip" || untilMs <= afterMs) return [];
  return lastOpenTicks(input.schedule, {
    afterMs,
    untilMs,
    n: policy === "latest" ? 1 : maxCatchup,
  });
}

/** The ticks of one open stretch that do not run. All that follow the first one that does run, too. */
function passedOver(input: PlanInput, open: Stretch, choice: Choice): readonly PlannedTick[] {
  const { schedule } = input;
  const { youngFromMs, keptFromMs, intoMs } = choice;
  const rest = before(schedule, open, keptFromMs);
  if (rest === null) return [];
  const old = before(schedule, rest, youngFromMs);
  const young = old === null ? rest : from(schedule, rest, youngFromMs);
  const ticks = old === null ? [] : [missed(input, old)];
  if (young === null) return ticks;
  if (intoMs === null) return [...ticks, missed(input, young)];
  return [...ticks, coalesced(young, intoMs, missEvidence(input))];
}

/** The part of a stretch that lies before an instant; null when none does. */
function before(schedule: Schedule, whole: Stretch, beforeMs: number): Stretch | null {
  if (whole.toMs < beforeMs) return whole;
  if (whole.fromMs >= beforeMs) return null;
  const range = { afterMs: whole.fromMs - 1, untilMs: beforeMs - 1 };
  const toMs = lastTicks(schedule, { ...range, n: 1 })[0] ?? whole.fromMs;
  return { fromMs: whole.fromMs, toMs, count: countTicks(schedule, range) };
}

/** The part of a stretch from an instant on; null when there is none. */
function from(schedule: Schedule, whole: Stretch, fromMs: number): Stretch | null {
  if (whole.toMs < fromMs) return null;
  const range = { afterMs: fromMs - 1, untilMs: whole.toMs };
  const first = nextTick(schedule, range.afterMs) ?? whole.toMs;
  return { fromMs: first, toMs: whole.toMs, count: countTicks(schedule, range) };
}
