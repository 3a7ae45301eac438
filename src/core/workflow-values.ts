import type { Evaluated, References } from "./expression.ts";
import type { Json } from "./json.ts";
import type { StepValues } from "./planned-step.ts";
import type { RunError } from "./run.ts";
import { partOutputs } from "./workflow-output.ts";
import type { WorkflowState } from "./workflow-state.ts";
import type { StepRow } from "./workflow-run.ts";

/**
 * What an expression speaks of, read at this moment: `params`, `context`, `run`, and of `steps` only those that it
 * names, because their outputs are in storage.
 */
export function valuesFor(
  state: WorkflowState,
  references: References,
  more: { readonly [name: string]: Json } = {},
): StepValues {
  const values: { [name: string]: Json } = {
    params: state.params,
    context: state.run.context,
    ...more,
  };
  const { names } = references;
  if (names.includes("run")) values["run"] = runValue(state);
  if (names.includes("steps")) values["steps"] = stepValues(state, references.steps);
  return values;
}

function runValue({ run }: WorkflowState): Json {
  const { id, workflowName, workflowVersion, revision, createdMs, startedMs } = run;
  return {
    id,
    workflow: workflowName,
    version: workflowVersion,
    revision,
    createdAt: new Date(createdMs).toISOString(),
    startedAt: startedMs === null ? null : new Date(startedMs).toISOString(),
  };
}

function stepValues(state: WorkflowState, names: readonly string[]): Json {
  const values: [string, Json][] = [];
  for (const name of names) {
    const place = state.plan.places.get(name);
    if (place !== undefined) values.push([name, stepValue(state, place)]);
  }
  return Object.fromEntries(values);
}

/** What others may read of a step. Before it has ended it has no output. */
function stepValue(state: WorkflowState, place: number): Json {
  const { table } = state;
  const now = table.stateOf(place);
  const row = table.isEnded(place) ? state.storedRow(place, -1) : undefined;
  if (row === undefined) return { state: now, output: null, outputs: null, error: null };
  const { output, error } = row;
  return {
    state: now,
    output,
    outputs: outputsOf(state, row),
    error: error === null ? null : { message: error.message, code: error.code },
  };
}

/** Of tasks, what each gave, in their order; else the one output. */
function outputsOf(state: WorkflowState, row: StepRow): Json {
  const { tasks } = state.specOf(row.step);
  const isByTasks = tasks !== undefined && row.state === "succeeded" && row.decision === null;
  return isByTasks ? partOutputs(state, row.step) : row.output;
}

export function expressionError(message: string): RunError {
  return { message, code: "expression.failed" };
}

/** Whether it is true; a sentence where that cannot be told. */
export function truthOf(evaluated: Evaluated): boolean | string {
  if (evaluated.kind === "error") return evaluated.message;
  if (typeof evaluated.value === "boolean") return evaluated.value;
  return "The condition gives something else than true or false.";
}
