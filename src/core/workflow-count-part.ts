import type { RunError } from "./run.ts";
import type { PartEnd } from "./workflow-effect.ts";
import { endStep } from "./workflow-end-step.ts";
import { severalOutput } from "./workflow-output.ts";
import type { PartsTally, WorkflowState } from "./workflow-state.ts";

/** Counts the end of a task or item of a running step, and ends the step when that decides it. */
export function countPart(state: WorkflowState, tally: PartsTally, end: PartEnd): void {
  const { step, startedMs } = end;
  tally.ended++;
  if (end.state === "succeeded") tally.succeeded++;
  putPart(state, end, tally.ended);
  const isMap = state.specOf(step).map !== undefined;
  // A map knows when it began; tasks begin with the first of them, which restarts find in their rows.
  if (!isMap && startedMs !== null) noteStart(state, step, startedMs);
  if (tally.succeeded >= tally.needed) return endStep(state, step, severalOutput(state, step));
  if (tally.succeeded + tally.total - tally.ended >= tally.needed) return;
  const { message, code } = partError(end);
  const error = { message: `${isMap ? "Item" : "Task"} ${end.part}: ${message}`, code };
  endStep(state, step, { state: "failed", error });
}

/** Notes the earliest start of the tasks of a step. */
export function noteStart({ table }: WorkflowState, place: number, startedMs: number): void {
  const before = table.startedMs[place] ?? Number.NaN;
  table.startedMs[place] = Number.isNaN(before) ? startedMs : Math.min(before, startedMs);
}

/**
 * Writes the row of a task or item that has ended. `order` counts those of its step that were counted, from 1; it
 * is 0 of one that was left to finish when the step had ended: what the step gave does not change by it.
 */
export function putPart(state: WorkflowState, end: PartEnd, order: number): void {
  const { table } = state;
  const isFailed = end.state !== "succeeded" && end.state !== "canceled";
  table.partsEnded[end.step] = (table.partsEnded[end.step] ?? 0) + 1;
  state.putPart({
    ...state.blankRow(end.step, end.part),
    state: isFailed ? "failed" : end.state === "canceled" ? "canceled" : "succeeded",
    startedMs: end.startedMs,
    endedMs: state.nowMs,
    order,
    output: end.output,
    outputTruncated: end.outputTruncated,
    error: isFailed ? partError(end) : end.error,
  });
}

const WORDS = {
  succeeded: "It succeeded.",
  failed: "It failed.",
  timed_out: "It timed out.",
  lost: "It was lost.",
  canceled: "It was canceled.",
} as const;

/** Why a part has not succeeded: what its run says, else its state in words. */
export function partError({ state, error }: PartEnd): RunError {
  return error ?? { message: WORDS[state], code: null };
}
