import type { RunError } from "./run.ts";
import type { WorkflowState } from "./workflow-state.ts";
import type { EndedWorkflowState } from "./workflow-run.ts";
import { writeEnd } from "./workflow-write-end.ts";

export interface RunStop {
  readonly outcome: EndedWorkflowState;
  readonly error: RunError | null;
  /** Why its steps and their runs are canceled: for people. */
  readonly reason: string;
}

/** The outcome is certain: what has not ended is canceled, and nothing starts any more. */
export function stopRun(state: WorkflowState, { outcome, error, reason }: RunStop): void {
  const { table, live } = state;
  for (const ref of live.inOrder()) if (state.isAtWork(ref)) state.cancelPart(ref, reason);
  for (let place = 0; place < table.total; place++)
    if (!table.isEnded(place)) writeEnd(state, place, { state: "canceled", reason });
  state.tallies.clear();
  state.timers.clear();
  state.line.clear();
  // Nothing is pending any more, so no end changes anything for the steps behind it.
  state.ended.length = 0;
  state.changeRun({ phase: { state: "ending", outcome }, error });
}
