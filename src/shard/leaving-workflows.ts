import type { ShardState } from "./shard-state.ts";

/** Workflow runs that the records have, and whose time here is over, leave the shard and its memory. */
export function leaveWorkflowRuns(state: ShardState, nowMs: number): void {
  const { live, machines } = state.workflows;
  for (const workflowRunId of state.outbox.workflows.takeLeaving(nowMs)) {
    live.remove(workflowRunId);
    machines.forget(workflowRunId);
  }
}
