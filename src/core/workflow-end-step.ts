import type { RunError } from "./run.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { stopRun } from "./workflow-stop.ts";
import { writeEnd, type StepEnd } from "./workflow-write-end.ts";

/** Ends a step that has not ended. Its children are looked at when its turn in the queue has come. */
export function endStep(state: WorkflowState, place: number, end: StepEnd): void {
  const wasRunning = state.table.is(place, "running");
  writeEnd(state, place, end);
  if (wasRunning && !state.isLeftToFinish(place)) cancelPartsOf(state, place);
  state.tallies.delete(place);
  state.ended.push(place);
  if (end.state === "failed") failFast(state, place, end);
}

/** Ends a step whose run was canceled by a person: that fails the workflow run as a failure would. */
export function endCanceledByPerson(state: WorkflowState, place: number, end: StepEnd): void {
  endStep(state, place, end);
  failFast(state, place, end);
}

function failFast(state: WorkflowState, place: number, end: StepEnd): void {
  const isFast = state.plan.workflow.spec.onFailure === "fail_fast";
  if (!isFast || state.run.phase.state !== "running") return;
  const { name } = state.specOf(place);
  const reason = `Step "${name}" ${end.state === "failed" ? "failed" : "was canceled"}.`;
  stopRun(state, { outcome: "failed", error: errorOfStep(name, end.error ?? null), reason });
}

/** What a run says whose step has not succeeded. */
export function errorOfStep(name: string, error: RunError | null): RunError {
  const message = `Step "${name}": ${error?.message ?? "It was canceled."}`;
  return { message, code: error?.code ?? null };
}

/** Tells what still runs of a step that has ended to stop. */
function cancelPartsOf(state: WorkflowState, place: number): void {
  const single = state.refOf(place, -1);
  const reason = `Step "${state.specOf(place).name}" has ended.`;
  if (state.live.has(single)) return state.cancelPart(single, reason);
  if ((state.tallies.get(place)?.live ?? 0) === 0) return;
  for (const ref of state.live.inOrder())
    if (ref.step === place && ref.revision === single.revision) state.cancelPart(ref, reason);
}
