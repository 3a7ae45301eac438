import { assert } from "./assert.ts";
import type { RunError } from "./run.ts";
import { countPart, partError, putPart } from "./workflow-count-part.ts";
import type { PartEnd } from "./workflow-effect.ts";
import { endCanceledByPerson, endStep } from "./workflow-end-step.ts";
import { wantsMore } from "./workflow-line.ts";
import { startMore } from "./workflow-parts.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { WORKFLOW_RUN_LIMITS } from "./workflow-run.ts";

/** A run of a step has ended. Of an older revision, or of a step that has ended, it changes nothing. */
export function partEnded(state: WorkflowState, end: PartEnd): void {
  const { table } = state;
  const { step, part } = end;
  if (end.revision !== table.revision[step]) return;
  if (!table.is(step, "running")) {
    if (part >= 0 && state.isLeftToFinish(step)) putPart(state, end, 0);
    return;
  }
  const counted = withContext(state, end);
  if (part === -1) return endSingle(state, counted);
  const tally = state.tallies.get(step);
  assert(tally !== undefined, "a running step with several parts counts them");
  tally.live--;
  countPart(state, tally, counted);
  if (state.tallies.get(step) === tally && wantsMore(tally))
    startMore(state, state.plan.stepOf(step), false);
}

/** Lays what the answer says over the shared context; where that is too much, the part has failed. */
function withContext(state: WorkflowState, end: PartEnd): PartEnd {
  if (end.state !== "succeeded" || end.context === null) return end;
  if (Object.keys(end.context).length === 0) return end;
  const context = { ...state.run.context, ...end.context };
  const chars = JSON.stringify(context).length;
  const { contextCharsMax } = WORKFLOW_RUN_LIMITS;
  if (chars <= contextCharsMax) {
    state.changeRun({ context });
    return end;
  }
  const message = `The shared context would have ${chars} characters, more than ${contextCharsMax}.`;
  const error: RunError = { message, code: "context.too_large" };
  return { ...end, state: "failed", output: null, outputTruncated: false, error };
}

function endSingle(state: WorkflowState, end: PartEnd): void {
  const { step, output, outputTruncated, error } = end;
  state.table.startedMs[step] = end.startedMs ?? Number.NaN;
  if (end.state === "succeeded")
    return endStep(state, step, { state: "succeeded", output, outputTruncated });
  if (end.state !== "canceled")
    return endStep(state, step, { state: "failed", error: partError(end) });
  endCanceledByPerson(state, step, { state: "canceled", error, reason: "Its run was canceled." });
}
