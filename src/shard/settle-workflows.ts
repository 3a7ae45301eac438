import { runLimit } from "../core/overlap.ts";
import type { PartEnd } from "../core/workflow-effect.ts";
import { WORKFLOW_LIMITS } from "../core/workflow.ts";
import type { ShardState } from "./shard-state.ts";
import { tell } from "./workflow-effects.ts";

/**
 * What the ends of step runs and of workflow runs set off, in the transaction that ended them: what comes after a
 * step becomes due, and the next workflow run of a line begins. What ends by that is settled, too, until nothing
 * is left. Called before the commit; calling it again finds nothing.
 */
export function settleWorkflows(state: ShardState, nowMs: number): void {
  const { news, live } = state.workflows;
  for (;;) {
    const ended = news.take();
    for (const [workflowRunId, ends] of ended ?? []) tellEnds(state, workflowRunId, ends, nowMs);
    const freed = live.takeFreed();
    for (const workflowId of freed) beginNext(state, workflowId, nowMs);
    if (ended === undefined && freed.length === 0) break;
  }
  for (const { workflowId, version } of live.takeUnused())
    dropUnusedVersion(state, workflowId, version);
}

function tellEnds(
  state: ShardState,
  workflowRunId: string,
  ends: readonly PartEnd[],
  nowMs: number,
): void {
  const machine = state.workflows.machines.get(workflowRunId, ends);
  if (machine === undefined) return;
  const inputs = ends.map((end) => ({ kind: "part_ended", end }) as const);
  tell(state, machine, inputs, nowMs);
}

/** As many of a workflow's runs that wait begin as may. */
function beginNext(state: ShardState, workflowId: string, nowMs: number): void {
  const { live, machines, definitions } = state.workflows;
  for (;;) {
    const head = definitions.head(workflowId);
    const limit = head === undefined ? Number.POSITIVE_INFINITY : runLimit(head);
    const next = live.next(workflowId, limit);
    const machine = next === undefined ? undefined : machines.get(next.id);
    if (machine === undefined) return;
    tell(state, machine, [{ kind: "begin" }], nowMs);
  }
}

/**
 * A version goes when no run needs it, unless it is one of those that are kept, or the records do not have it
 * yet: then it is asked again when they do.
 */
export function dropUnusedVersion(state: ShardState, workflowId: string, version: number): void {
  const { definitions, live } = state.workflows;
  const head = definitions.head(workflowId);
  const keptFrom = head === undefined ? Infinity : head.version - WORKFLOW_LIMITS.versionsKeptMax;
  if (version < 1 || version > keptFrom || live.isUsed(workflowId, version)) return;
  if (state.outbox.workflows.hasWorkflow(workflowId, version)) return;
  state.writes++;
  state.storage.deleteWorkflowVersion(workflowId, version);
  definitions.droppedVersion(workflowId, version);
}
