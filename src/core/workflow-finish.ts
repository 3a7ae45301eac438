import type { Json } from "./json.ts";
import type { RunError } from "./run.ts";
import { nextToUndo, notUndone, undo } from "./workflow-compensation.ts";
import { errorOfStep } from "./workflow-end-step.ts";
import { utf8Bytes } from "./utf8-bytes.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { valuesFor } from "./workflow-values.ts";
import { WORKFLOW_RUN_LIMITS, type EndedWorkflowState } from "./workflow-run.ts";

/** Ends the run, or goes on to undo what succeeded, once nothing of it lives and nothing will. */
export function conclude(state: WorkflowState): void {
  if (state.live.size > 0) return;
  const { phase } = state.run;
  if (phase.state === "running") {
    if (state.table.areAllEnded) judge(state);
  } else if (phase.state === "ending" || phase.state === "compensating") goOn(state, phase.outcome);
}

/** Every step has ended: how the run has gone follows from them. */
function judge(state: WorkflowState): void {
  const bad = firstBad(state);
  if (bad !== undefined) {
    const error = state.storedRow(bad, -1)?.error ?? null;
    const { name } = state.specOf(bad);
    return fail(state, errorOfStep(name, error));
  }
  const output = outputOf(state);
  if ("error" in output) return fail(state, output.error);
  state.changeRun({ output: output.value });
  end(state, "succeeded");
}

function fail(state: WorkflowState, error: RunError): void {
  state.changeRun({ error });
  goOn(state, "failed");
}

/** Undoes one step after the other; when none is left, the run has ended. */
function goOn(state: WorkflowState, outcome: EndedWorkflowState): void {
  const isToUndo = outcome === "failed" || outcome === "timed_out";
  for (let place = first(); place !== undefined; place = first()) {
    if (state.run.phase.state !== "compensating")
      state.changeRun({ phase: { state: "compensating", outcome } });
    if (state.isPaused) return;
    undo(state, place);
    if (state.live.size > 0) return;
  }
  end(state, outcome);

  function first(): number | undefined {
    return isToUndo ? nextToUndo(state) : undefined;
  }
}

function end(state: WorkflowState, outcome: EndedWorkflowState): void {
  const { error } = state.run;
  const more = error === null ? "" : notUndone(state);
  state.toUndo = undefined;
  state.changeRun({
    phase: { state: outcome, endedMs: state.nowMs },
    pausedMs: null,
    pauseReason: null,
    error: error === null ? null : { ...error, message: error.message + more },
  });
}

/** Of the steps that did not end well the first by its end, failed ones before canceled ones. */
function firstBad({ table }: WorkflowState): number | undefined {
  let first: number | undefined;
  for (let place = 0; place < table.total; place++) {
    if (table.endCountOf(place) !== "bad") continue;
    if (first === undefined || isBefore(place, first)) first = place;
  }
  return first;

  function isBefore(a: number, b: number): boolean {
    const isFailed = table.is(a, "failed");
    if (isFailed !== table.is(b, "failed")) return isFailed;
    return (table.order[a] ?? 0) < (table.order[b] ?? 0);
  }
}

type RunOutput = { readonly value: Json } | { readonly error: RunError };

/** What the run gives: what it says, or the output of its last step, or of several by their names. */
function outputOf(state: WorkflowState): RunOutput {
  const { output } = state.plan;
  const given = output === null ? lastOutput(state) : saidOutput(state, output);
  if ("error" in given) return given;
  const isTooLarge = utf8Bytes(JSON.stringify(given.value)) > WORKFLOW_RUN_LIMITS.runOutputBytesMax;
  return isTooLarge ? { error: tooLarge() } : given;
}

function lastOutput(state: WorkflowState): RunOutput {
  const { plan, table } = state;
  const last: number[] = [];
  for (let place = 0; place < table.total; place++)
    if (plan.children[place]?.length === 0) last.push(place);
  const [only] = last;
  if (only !== undefined && last.length === 1) return { value: outputOfStep(state, only) };
  return outputsByName(state, last);
}

function saidOutput(
  state: WorkflowState,
  template: NonNullable<WorkflowState["plan"]["output"]>,
): RunOutput {
  const evaluated = template.evaluate(valuesFor(state, template.references));
  if (evaluated.kind === "error") {
    const message = `The output of the workflow: ${evaluated.message}`;
    return { error: { message, code: "expression.failed" } };
  }
  return evaluated;
}

function outputsByName(state: WorkflowState, places: readonly number[]): RunOutput {
  const outputs: [string, Json][] = [];
  let chars = 0;
  for (const place of places) {
    const output = outputOfStep(state, place);
    // What would be too much together is not even read to its end.
    chars += JSON.stringify(output).length;
    if (chars > WORKFLOW_RUN_LIMITS.runOutputBytesMax) return { error: tooLarge() };
    outputs.push([state.specOf(place).name, output]);
  }
  return { value: Object.fromEntries(outputs) };
}

function outputOfStep(state: WorkflowState, place: number): Json {
  if (!state.table.is(place, "succeeded")) return null;
  return state.storedRow(place, -1)?.output ?? null;
}

function tooLarge(): RunError {
  const { runOutputBytesMax } = WORKFLOW_RUN_LIMITS;
  const message = `The output of the workflow has more than ${runOutputBytesMax} bytes.`;
  return { message, code: "output.too_large" };
}
