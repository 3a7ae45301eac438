import { unreachable } from "../../src/core/assert.ts";
import { durationMs } from "../../src/core/duration.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { referenceTicks } from "../support/cron-reference.ts";

/** The nominal times of a schedule, worked out without the code under test. */
export interface ScheduleModel {
  isTick(atMs: number): boolean;
  /** How many lie in `(afterMs, untilMs]`. */
  count(afterMs: number, untilMs: number): number;
}

const DAY_MS = 86_400_000;

const cronTicks = new Map<string, readonly number[]>();

/** Good for the days around `nearMs`. */
export function scheduleModel(spec: ScheduleSpec, nearMs: number): ScheduleModel {
  switch (spec.kind) {
    case "every":
      return everyModel(durationMs(spec.every) ?? Number.NaN, Date.parse(spec.anchor));
    case "at": {
      const atMs = Date.parse(spec.at);
      return listModel([atMs]);
    }
    case "cron":
      return listModel(ticksAround(spec, nearMs));
    case "after":
    case "manual":
      return listModel([]);
    default:
      return unreachable(spec);
  }
}

function everyModel(everyMs: number, anchorMs: number): ScheduleModel {
  const upTo = (ms: number): number => Math.max(0, Math.floor((ms - anchorMs) / everyMs) + 1);
  return {
    isTick: (ms) => ms >= anchorMs && (ms - anchorMs) % everyMs === 0,
    count: (afterMs, untilMs) => Math.max(0, upTo(untilMs) - upTo(afterMs)),
  };
}

function listModel(ticks: readonly number[]): ScheduleModel {
  return {
    isTick: (ms) => ticks[rank(ticks, ms) - 1] === ms,
    count: (afterMs, untilMs) => Math.max(0, rank(ticks, untilMs) - rank(ticks, afterMs)),
  };
}

/** How many are at or before an instant. */
function rank(ticks: readonly number[], ms: number): number {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ticks[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Windows begin at round instants, so that worlds share them. */
function ticksAround(
  spec: Extract<ScheduleSpec, { readonly kind: "cron" }>,
  nearMs: number,
): readonly number[] {
  const hasSeconds = spec.cron.split(" ").length > 5;
  const unitMs = hasSeconds ? DAY_MS / 4 : 4 * DAY_MS;
  const fromMs = Math.floor(nearMs / unitMs - 1) * unitMs;
  const key = `${spec.cron} ${spec.dialect} ${spec.timezone} ${fromMs}`;
  const kept = cronTicks.get(key);
  if (kept !== undefined) return kept;
  const { ticks } = referenceTicks(spec, fromMs, fromMs + 4 * unitMs);
  cronTicks.set(key, ticks);
  return ticks;
}
