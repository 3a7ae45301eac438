import type { Json } from "./json.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { WORKFLOW_RUN_LIMITS, type StepRow } from "./workflow-run.ts";
import type { StepEnd } from "./workflow-write-end.ts";

/**
 * How a step of several parts ends of which enough have succeeded: a map gives the list of what each item gave,
 * tasks give their objects laid over each other. What would be too much is not even read to its end.
 */
export function severalOutput(state: WorkflowState, place: number): StepEnd {
  const outputs: Json[] = [];
  let chars = "[]".length;
  let outputTruncated = false;
  for (const row of partRows(state, place)) {
    const output = row?.output ?? null;
    chars += JSON.stringify(output).length + (outputs.length === 0 ? 0 : 1);
    if (chars > WORKFLOW_RUN_LIMITS.outputCharsMax) return tooLarge();
    outputs.push(output);
    outputTruncated ||= row?.outputTruncated === true;
  }
  const isMap = state.specOf(place).map !== undefined;
  return { state: "succeeded", output: isMap ? outputs : laidOver(outputs), outputTruncated };
}

/** What each task or item of a step gave, in their order; null where one has not succeeded. */
export function partOutputs(state: WorkflowState, place: number): Json {
  return [...partRows(state, place)].map((row) => row?.output ?? null);
}

/** The rows of the parts that have succeeded and were counted, in order; undefined for the others. */
function* partRows(state: WorkflowState, place: number): Generator<StepRow | undefined> {
  const { table, tallies } = state;
  const revision = table.revision[place] ?? 1;
  const total = table.partsTotal[place] ?? 0;
  const begun = tallies.get(place)?.next ?? total;
  for (let part = 0; part < total; part++) {
    const row = part < begun ? state.storedRow(place, part) : undefined;
    yield row !== undefined && counts(row, revision) ? row : undefined;
  }
}

/** Whether it succeeded in this revision before its step had ended. */
function counts(row: StepRow, revision: number): boolean {
  return row.revision === revision && row.order > 0 && row.state === "succeeded";
}

function laidOver(outputs: readonly Json[]): Json {
  return Object.fromEntries(outputs.filter(isObject).flatMap((output) => Object.entries(output)));
}

function isObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function tooLarge(): StepEnd {
  const { outputCharsMax } = WORKFLOW_RUN_LIMITS;
  const message = `What its parts give has more than ${outputCharsMax} characters.`;
  return { state: "failed", error: { message, code: "output.too_large" } };
}
