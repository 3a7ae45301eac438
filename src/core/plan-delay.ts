import type { Plan, PlanInput } from "./plan.ts";
import { missed, single, type Draft } from "./plan-draft.ts";
import { planStarts } from "./plan-starts.ts";
import { nextTick } from "./schedule.ts";

/**
 * Plans a fixed delay: `cursorMs` is the end of the last run, and there is at most one tick, a delay after
 * it. When that fires, the next one is counted from the end of its run. When it does not, the next one is
 * counted from now: what was missed is one tick, however long ago it was due.
 */
export function planDelay(input: PlanInput): Plan {
  const { schedule, cursorMs, nowMs } = input;
  const nominalMs = nextTick(schedule, cursorMs);
  if (nominalMs === null || nominalMs > nowMs) return waitFrom(input, cursorMs, []);
  const draft: Draft = isKept(input, nominalMs)
    ? { runs: [nominalMs], ticks: [], cursorMs: nominalMs, isComplete: true }
    : { runs: [], ticks: [missed(input, single(nominalMs))], cursorMs: nowMs, isComplete: true };
  const { runs, ticks } = planStarts(input, draft);
  if (runs.length === 0) return waitFrom(input, Math.max(nowMs, nominalMs), ticks);
  return {
    fires: [{ nominalMs, nextNominalMs: null, lagMs: nowMs - nominalMs }],
    ticks,
    cursorMs: nominalMs,
    nextMs: null,
    nextDueMs: null,
    isComplete: true,
    isAwaiting: true,
  };
}

/** Whether the misfire policy lets the tick run: it does when it is not missed. */
function isKept({ nowMs, mode, misfire }: PlanInput, nominalMs: number): boolean {
  const lateMs = nowMs - nominalMs;
  if (mode !== "resume" && lateMs <= misfire.graceMs) return true;
  const kept = { skip: 0, latest: 1, all: misfire.maxCatchup }[misfire.policy];
  return kept > 0 && lateMs <= misfire.maxAgeMs;
}

function waitFrom({ schedule }: PlanInput, cursorMs: number, ticks: Plan["ticks"]): Plan {
  const nextMs = nextTick(schedule, cursorMs);
  return {
    fires: [],
    ticks,
    cursorMs,
    nextMs,
    nextDueMs: nextMs,
    isComplete: true,
    isAwaiting: false,
  };
}
