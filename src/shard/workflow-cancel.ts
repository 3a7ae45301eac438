import { isWorkflowEnded } from "../core/workflow-run.ts";
import type { ShardState } from "./shard-state.ts";
import { tell } from "./workflow-effects.ts";

/**
 * Cancels a workflow run from within the shard: for its workflow that goes, for another run that takes its place,
 * or for the run that started it. False when it has ended, or is undoing what it did: then it goes on.
 */
export function cancelWorkflowRun(
  state: ShardState,
  workflowRunId: string,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): boolean {
  const machine = state.workflows.machines.get(workflowRunId);
  if (machine === undefined) return false;
  const { phase } = machine.run;
  if (isWorkflowEnded(phase) || phase.state === "compensating") return false;
  tell(state, machine, [{ kind: "cancel", reason }], nowMs);
  return true;
}
