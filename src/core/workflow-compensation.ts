import type { RunError } from "./run.ts";
import type { PartEnd } from "./workflow-effect.ts";
import { assert } from "./assert.ts";
import { partError } from "./workflow-count-part.ts";
import { startPart } from "./workflow-parts.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { valuesFor } from "./workflow-values.ts";
import type { StepRow } from "./workflow-run.ts";

/** The step that is to be undone next: of those that were not yet, the one that ended last. */
export function nextToUndo(state: WorkflowState): number | undefined {
  state.toUndo ??= stepsToUndo(state);
  return state.toUndo.at(-1);
}

/** In the order of their ends, so that the last one is the next. */
function stepsToUndo({ table, plan }: WorkflowState): number[] {
  const { steps } = plan.workflow.spec;
  const places: number[] = [];
  for (let place = 0; place < table.total; place++) {
    if (steps[place]?.compensate === undefined || table.undoOf(place) !== null) continue;
    if (table.is(place, "succeeded") && !table.isMarked(place)) places.push(place);
  }
  return places.toSorted((a, b) => (table.order[a] ?? 0) - (table.order[b] ?? 0));
}

/** Starts to undo the next step. One whose params cannot be evaluated is not undone, and counts as failed. */
export function undo(state: WorkflowState, place: number): void {
  const planned = state.plan.stepOf(place).compensate;
  assert(planned !== null, "only what names how it is undone is undone");
  state.toUndo?.pop();
  const prepared = planned.prepare(valuesFor(state, planned.references));
  if (prepared.kind === "error") return setUndo(state, place, "failed", prepared.error);
  setUndo(state, place, "running", null);
  startPart(state, { step: place, part: -1, isCompensation: true }, { planned, prepared });
}

/** The run that undoes a step has ended. */
export function undoEnded(state: WorkflowState, end: PartEnd): void {
  if (state.table.undoOf(end.step) !== "running") return;
  const isUndone = end.state === "succeeded";
  setUndo(state, end.step, isUndone ? "succeeded" : "failed", isUndone ? null : partError(end));
}

function setUndo(
  state: WorkflowState,
  place: number,
  undoState: NonNullable<StepRow["compensation"]>["state"],
  error: RunError | null,
): void {
  const row = state.storedRow(place, -1);
  assert(row !== undefined, "a step that has ended has a row");
  state.table.setUndo(place, undoState);
  state.putStep({ ...row, compensation: { state: undoState, error } });
}

/** What a run's error says besides, of steps that could not be undone: in the order in which that was tried. */
export function notUndone({ table, plan }: WorkflowState): string {
  const { steps } = plan.workflow.spec;
  const places: number[] = [];
  for (let place = 0; place < table.total; place++)
    if (table.undoOf(place) === "failed") places.push(place);
  places.sort((a, b) => (table.order[b] ?? 0) - (table.order[a] ?? 0));
  return places.map((place) => ` Undoing "${steps[place]?.name ?? ""}" failed.`).join("");
}
