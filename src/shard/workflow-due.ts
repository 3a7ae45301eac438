import { isWorkflowEnded } from "../core/workflow-run.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import type { ShardState } from "./shard-state.ts";
import { tell } from "./workflow-effects.ts";

/** Brings a workflow run on whose time has come: it is over, or steps of it have slept or waited long enough. */
export function tickWorkflowRun(state: ShardState, entry: DueEntry, nowMs: number): void {
  const machine = state.workflows.machines.get(entry.jobId);
  if (machine === undefined || isWorkflowEnded(machine.run.phase)) {
    state.dropDue(entry);
    return;
  }
  if (entry.dueMs > nowMs) {
    state.near.put(entry, nowMs); // It was due by a clock that has stepped back since.
    return;
  }
  tell(state, machine, [{ kind: "due" }], nowMs);
}
