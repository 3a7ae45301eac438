import type { Attention } from "../core/attention.ts";
import { readinessOf } from "./operations.ts";
import type { Census } from "./shard-census.ts";
import type { SummaryJson } from "./stats-json.ts";

/** A scheduler that is this far behind is late; one that is as far as that stands still. */
export const SCHEDULER_LIMITS = { lateMs: 5_000, stalledMs: 30_000 } as const;

type SchedulerJson = SummaryJson["scheduler"];

/** How the scheduler as a whole stands: the worst that is true of any of its shards. */
export function schedulerJson(
  census: readonly Census[],
  isRecordsReachable: boolean,
  nowMs: number,
): SchedulerJson {
  const { shards } = readinessOf(census, isRecordsReachable, nowMs);
  const { count, answering, armed, outbox, lagMs } = shards;
  return {
    state: stateOf(shards),
    lagMs,
    shards: { count, answering, armed },
    outbox,
    isRecordsReachable,
  };
}

function stateOf(shards: {
  readonly count: number;
  readonly answering: number;
  readonly armed: number;
  readonly lagMs: number;
}): SchedulerJson["state"] {
  const { count, answering, armed, lagMs } = shards;
  if (answering < count) return "unreachable";
  if (armed < answering || lagMs > SCHEDULER_LIMITS.stalledMs) return "stalled";
  return lagMs > SCHEDULER_LIMITS.lateMs ? "late" : "ok";
}

/** What is said of a scheduler that is not well; null when it is. */
export function schedulerAttention(
  { state, lagMs, shards }: SchedulerJson,
  nowMs: number,
): (Attention & { readonly message: string }) | null {
  if (state === "ok") return null;
  return {
    kind: "scheduler",
    severity: state === "late" ? "warning" : "error",
    count: Math.max(1, shards.count - shards.armed),
    sinceMs: nowMs - lagMs,
    message: state,
  };
}
