import type { RunState } from "./run.ts";

export const ATTENTION_LIMITS = {
  /** How many things are named. */
  itemsMax: 50,
  /** So many runs of a job are looked at for its last success; a longer row of failures counts as so many. */
  streakMax: 100,
} as const;

/** What keeps somebody from calling all well. The kinds stand in the order of their weight. */
export const ATTENTION_KINDS = [
  "scheduler",
  "executor_down",
  "job_failing",
  "workflow_failed",
  "approval_waiting",
] as const;

export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/** As much of a thing that needs attention as its place among the others depends on. */
export interface Attention {
  readonly kind: AttentionKind;
  readonly severity: "error" | "warning";
  /** Failures since the last success, nodes down, and the like. */
  readonly count: number;
  readonly sinceMs: number;
}

/** The worst first, at most `itemsMax`: errors, then by kind, then the greater count, then the older. */
export function worstFirst<T extends Attention>(items: readonly T[]): readonly T[] {
  return items.toSorted(byWeight).slice(0, ATTENTION_LIMITS.itemsMax);
}

function byWeight(a: Attention, b: Attention): number {
  return (
    Number(a.severity === "warning") - Number(b.severity === "warning") ||
    ATTENTION_KINDS.indexOf(a.kind) - ATTENTION_KINDS.indexOf(b.kind) ||
    b.count - a.count ||
    a.sinceMs - b.sinceMs
  );
}

/** A run as far as a row of failures needs it. */
export interface StreakRun {
  readonly state: RunState;
  readonly createdMs: number;
}

/** The failures of a job since its last success: how many, and when the first of them came to be. */
export interface Streak {
  readonly count: number;
  readonly sinceMs: number;
}

/**
 * The row of failures that a job's runs end with; they are given newest first. Runs that have not ended and
 * canceled ones say nothing. Null when the newest that says something has succeeded, or none does.
 */
export function streakOf(runs: readonly StreakRun[]): Streak | null {
  const end = runs.findIndex(({ state }) => state === "succeeded");
  const failed = (end === -1 ? runs : runs.slice(0, end)).filter(({ state }) => isFailure(state));
  const first = failed.at(-1);
  return first === undefined ? null : { count: failed.length, sinceMs: first.createdMs };
}

function isFailure(state: RunState): boolean {
  return state === "failed" || state === "timed_out" || state === "lost";
}
