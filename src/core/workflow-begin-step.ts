import { unreachable } from "./assert.ts";
import type { PlannedStep, PlannedWork } from "./planned-step.ts";
import type { Json } from "./json.ts";
import { endStep } from "./workflow-end-step.ts";
import { badParentReason, joinVerdict } from "./workflow-join.ts";
import { hasRoom, standInLine } from "./workflow-line.ts";
import { startMore, startSeveral, startSingle } from "./workflow-parts.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { expressionError, truthOf, valuesFor } from "./workflow-values.ts";
import { wait, waitForEvent } from "./workflow-waits.ts";
import { WORKFLOW_LIMITS } from "./workflow.ts";
import { APPROVAL_REASON, WORKFLOW_RUN_LIMITS } from "./workflow-run.ts";

/** Looks at a step after one that it comes after has ended: it may start, or never start any more. */
export function lookAt(state: WorkflowState, place: number): void {
  if (state.run.phase.state !== "running" || !state.table.is(place, "pending")) return;
  const verdict = joinVerdict(state, place);
  if (verdict === "cancel")
    endStep(state, place, { state: "canceled", reason: badParentReason(state, place) });
  else if (verdict === "skip")
    endStep(state, place, { state: "skipped", reason: "Everything before it was skipped." });
  else if (verdict === "holds" && state.mayStart) begin(state, place, false);
}

/** Lets a step go on whose turn in the line has come. */
export function takeItsTurn(state: WorkflowState, place: number): void {
  if (state.table.is(place, "pending")) return begin(state, place, true);
  startMore(state, state.plan.stepOf(place), true);
}

/** Begins a step whose join holds, or lets it wait for room. */
function begin(state: WorkflowState, place: number, isItsTurn: boolean): void {
  const step = state.plan.stepOf(place);
  if (needsRoom(step.work) && !hasRoom(state, isItsTurn)) return standInLine(state, place);
  state.table.revision[place] = state.run.revision;
  const holds = isChosen(state, step);
  if (typeof holds === "string")
    return endStep(state, place, { state: "failed", error: expressionError(holds) });
  if (!holds) return endStep(state, place, { state: "skipped", reason: "Its condition is false." });
  start(state, step);
}

/** What starts runs is looked at only when there is room for one, so that its condition is asked once. */
function needsRoom({ kind }: PlannedWork): boolean {
  return kind === "run" || kind === "tasks" || kind === "map";
}

function isChosen(state: WorkflowState, { when }: PlannedStep): boolean | string {
  return when === null || truthOf(when.evaluate(valuesFor(state, when.references)));
}

function start(state: WorkflowState, step: PlannedStep): void {
  const { place, work } = step;
  switch (work.kind) {
    case "gate":
      state.table.startedMs[place] = state.nowMs;
      return endStep(state, place, { state: "succeeded" });
    case "run":
      return startSingle(state, place, work.part);
    case "tasks":
      return startSeveral(state, step, work.parts.length);
    case "map":
      return startMap(state, step, work);
    case "sleep":
      return wait(state, place, { forMs: work.durationMs, reason: "Sleeps." });
    case "wait":
      return waitForEvent(state, place, work);
    case "approval":
      return wait(state, place, { forMs: work.timeoutMs, reason: APPROVAL_REASON });
    default:
      return unreachable(work);
  }
}

/** Fixes what a map goes over, and stores it. */
function startMap(
  state: WorkflowState,
  step: PlannedStep,
  { over }: Extract<PlannedWork, { readonly kind: "map" }>,
): void {
  const { place } = step;
  state.table.startedMs[place] = state.nowMs;
  const evaluated = over.evaluate(valuesFor(state, over.references));
  if (evaluated.kind === "error")
    return endStep(state, place, { state: "failed", error: expressionError(evaluated.message) });
  const items = evaluated.value;
  const fault = faultOf(items);
  if (fault !== null) return endStep(state, place, { state: "failed", error: fault });
  if (!isList(items)) return;
  if (items.length === 0) return endStep(state, place, { state: "succeeded", output: [] });
  state.putStep({
    ...state.blankRow(place, -1),
    state: "running",
    startedMs: state.nowMs,
    items,
  });
  startSeveral(state, step, items.length);
}

function faultOf(items: Json): { readonly message: string; readonly code: string } | null {
  if (!isList(items))
    return { message: "What it goes over is not a list.", code: "map.not_a_list" };
  const { itemsMax } = WORKFLOW_LIMITS;
  const { outputCharsMax } = WORKFLOW_RUN_LIMITS;
  const code = "map.too_large";
  if (items.length > itemsMax)
    return { message: `It has ${items.length} items, more than ${itemsMax}.`, code };
  // They are one row of storage, as an output is.
  const isTooLong = JSON.stringify(items).length > outputCharsMax;
  return isTooLong
    ? { message: `Its items have more than ${outputCharsMax} characters.`, code }
    : null;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
