import type { ParentCounts } from "./step-table.ts";
import type { WorkflowState } from "./workflow-state.ts";

/** What the ends of its parents say about a step: it starts, nothing is certain yet, or it cannot start. */
export type JoinVerdict = "holds" | "open" | "cancel" | "skip";

export function joinVerdict({ table, plan }: WorkflowState, place: number): JoinVerdict {
  const { length } = plan.parents[place] ?? [];
  if (length === 0) return "holds";
  const parents = table.parentsOf(place, length);
  const join = plan.joins[place] ?? "all";
  if (join === "all") return verdictOfAll(parents);
  if (join === "all_done") return parents.open === 0 ? "holds" : "open";
  return verdictOfCount(parents, join === "any" ? 1 : join.count);
}

function verdictOfAll({ open, ok, bad }: ParentCounts): JoinVerdict {
  if (bad > 0) return "cancel";
  if (open > 0) return "open";
  return ok > 0 ? "holds" : "skip";
}

function verdictOfCount({ open, ok, bad }: ParentCounts, needed: number): JoinVerdict {
  if (ok >= needed) return "holds";
  if (ok + open >= needed) return "open";
  return bad > 0 ? "cancel" : "skip";
}

/** Why a step cannot start: the first of its parents that ended badly. */
export function badParentReason({ table, plan }: WorkflowState, place: number): string {
  const bad = (plan.parents[place] ?? []).find((parent) => table.endCountOf(parent) === "bad");
  const name = plan.workflow.spec.steps[bad ?? 0]?.name ?? "";
  const isFailed = bad !== undefined && table.is(bad, "failed");
  return `Step "${name}" ${isFailed ? "failed" : "was canceled"}.`;
}

/**
 * When a step whose join holds became due, among the ends of the steps: the end of the parent that decided it.
 * It follows from the rows, so those that wait for room stand in the same order after a restart.
 */
export function dueOrder({ table, plan }: WorkflowState, place: number): number {
  const parents = plan.parents[place] ?? [];
  const join = plan.joins[place] ?? "all";
  const isOfAll = join === "all" || join === "all_done";
  const orders = parents
    .filter((parent) => isOfAll || table.endCountOf(parent) === "ok")
    .map((parent) => table.order[parent] ?? 0)
    .toSorted((a, b) => a - b);
  const needed = typeof join === "object" ? join.count : 1;
  return (isOfAll ? orders.at(-1) : orders[needed - 1]) ?? 0;
}
