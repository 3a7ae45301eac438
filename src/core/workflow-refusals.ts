import { unreachable } from "./assert.ts";
import type { Json } from "./json.ts";
import { Refusal, type RefusalCode } from "./refusal.ts";
import type { WorkflowInput } from "./workflow-effect.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { WORKFLOW_RUN_LIMITS } from "./workflow-run.ts";

type Asked<Kind extends WorkflowInput["kind"]> = Extract<WorkflowInput, { readonly kind: Kind }>;

/**
 * Refuses what cannot be done as the run stands, before anything has changed: first because of the run, then
 * because of the step, then because of what was sent.
 */
export function checkInput(state: WorkflowState, input: WorkflowInput): void {
  switch (input.kind) {
    case "pause":
      return checkPause(state);
    case "resume":
      return checkResume(state);
    case "cancel":
      return checkCancel(state);
    case "retry":
      return checkRetry(state, input);
    case "decide":
      return checkDecide(state, input);
    case "event":
      return checkEvent(state, input);
    case "begin":
    case "part_ended":
    case "due":
      return;
    default:
      return unreachable(input);
  }
}

function checkPause(state: WorkflowState): void {
  checkOpen(state);
  if (state.isPaused) throw refused("workflow_run.paused", "The workflow run is paused already.");
}

function checkOpen(state: WorkflowState): void {
  checkNotEnded(state);
  checkNotEnding(state);
}

function checkNotEnded({ run, isEnded }: WorkflowState): void {
  if (isEnded)
    throw refused("workflow_run.ended", `The workflow run has ended: ${run.phase.state}.`);
}

function checkNotEnding({ run }: WorkflowState): void {
  const { state } = run.phase;
  if (state === "ending" || state === "compensating")
    throw refused("workflow_run.ending", "The workflow run is about to end.", {
      hint: "Wait until it has ended.",
    });
}

function checkResume(state: WorkflowState): void {
  checkNotEnded(state);
  if (!state.isPaused) throw refused("workflow_run.not_paused", "The workflow run is not paused.");
}

function checkCancel(state: WorkflowState): void {
  const { phase } = state.run;
  if (phase.state === "canceled") return;
  checkNotEnded(state);
  if (phase.state === "compensating")
    throw refused("workflow_run.ending", "The workflow run is being undone already.");
}

function checkRetry(state: WorkflowState, { step }: Asked<"retry">): void {
  const { phase } = state.run;
  checkNotEnding(state);
  if (phase.state === "waiting" || (step === null && !state.isEnded))
    throw refused("workflow_run.not_ended", "The workflow run has not ended.", {
      hint: phase.state === "waiting" ? "It has not begun." : "Name a step that has ended.",
    });
  if (step === null && phase.state === "succeeded")
    throw refused("workflow_run.ended", "The workflow run has succeeded.", {
      hint: "Name the step from which it is to be done again.",
    });
  if (step !== null && !state.table.isEnded(placeOf(state, step)))
    throw refused("step.not_ended", `Step "${step}" has not ended.`);
  checkRevisions(state);
}

function checkDecide(state: WorkflowState, input: Asked<"decide">): void {
  const isMark = input.action === "skip" || input.action === "succeed";
  const { phase } = state.run;
  if (!isMark || phase.state === "succeeded") checkNotEnded(state);
  checkNotEnding(state);
  const place = placeOf(state, input.step);
  if (isMark) checkMark(state, place);
  else checkAnswer(state, place);
  checkChars(input.result, WORKFLOW_RUN_LIMITS.outputCharsMax, "The result");
  if (state.table.isEnded(place)) checkRevisions(state);
}

/** What has succeeded stays so; before the run has begun nothing can be done otherwise. */
function checkMark({ table, run }: WorkflowState, place: number): void {
  const isFinal = table.is(place, "succeeded") || run.phase.state === "waiting";
  if (table.isEnded(place) && isFinal) throw stepEnded(table.stateOf(place));
}

function checkAnswer(state: WorkflowState, place: number): void {
  const { table, run } = state;
  if (run.phase.state === "running" && table.isEnded(place)) throw stepEnded(table.stateOf(place));
  const { name, approval } = state.specOf(place);
  if (approval === undefined || !table.is(place, "waiting"))
    throw refused("step.not_waiting", `Step "${name}" does not wait for an approval.`);
}

function stepEnded(stepState: string): Refusal {
  return refused("step.ended", `The step has ended: ${stepState}.`);
}

function checkEvent(state: WorkflowState, { data }: Asked<"event">): void {
  checkOpen(state);
  const { eventCharsMax, eventsMax } = WORKFLOW_RUN_LIMITS;
  checkChars(data, eventCharsMax, "The event");
  if (state.events.length >= eventsMax)
    throw refused("quota.exceeded", `A workflow run keeps ${eventsMax} events at most.`);
}

function checkChars(json: Json, charsMax: number, what: string): void {
  if (JSON.stringify(json).length > charsMax)
    throw refused("output.too_large", `${what} has more than ${charsMax} characters.`);
}

function checkRevisions({ run }: WorkflowState): void {
  const { revisionsMax } = WORKFLOW_RUN_LIMITS;
  if (run.revision >= revisionsMax)
    throw refused("quota.exceeded", `A workflow run has ${revisionsMax} revisions at most.`, {
      hint: "Start the workflow anew.",
    });
}

function placeOf({ plan }: WorkflowState, name: string): number {
  const place = plan.places.get(name);
  if (place === undefined) throw refused("step.unknown", `The workflow has no step "${name}".`);
  return place;
}

function refused(
  code: RefusalCode,
  detail: string,
  more: { readonly hint?: string } = {},
): Refusal {
  return new Refusal(code, detail, more);
}
