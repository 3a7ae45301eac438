import type { RunJson } from "../../api/shapes.ts";

type RunState = RunJson["state"];

export const OPEN_STATES = ["waiting", "dispatching", "running", "retrying"] as const;
export const FAILED_STATES = ["failed", "timed_out", "lost"] as const;
export const ENDED_STATES = ["succeeded", ...FAILED_STATES, "canceled"] as const;
export const RUN_STATES: readonly RunState[] = [...OPEN_STATES, ...ENDED_STATES];

export const TRIGGERS = [
  "tick",
  "manual",
  "api",
  "retry",
  "backfill",
  "shard",
  "workflow",
] as const satisfies readonly RunJson["trigger"]["kind"][];

/** Whether a run has ended for good. */
export function hasEnded(state: RunState): boolean {
  return ENDED_STATES.some((ended) => ended === state);
}

/** How long after the time it was planned for a run began, in milliseconds; null while it has not. */
export function lagMsOf({ startedAt, nominalAt }: RunJson): number | null {
  return startedAt === null ? null : Date.parse(startedAt) - Date.parse(nominalAt);
}

/** From its first attempt to its end, or until now; null while it has not begun. */
export function durationMsOf(run: RunJson, nowMs: number): number | null {
  if (run.startedAt === null) return null;
  const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  return Math.max(0, endMs - Date.parse(run.startedAt));
}
