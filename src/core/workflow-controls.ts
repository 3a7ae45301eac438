import { assert, unreachable } from "./assert.ts";
import { lookAtAll } from "./workflow-advance.ts";
import type { WorkflowInput } from "./workflow-effect.ts";
import { endStep } from "./workflow-end-step.ts";
import { leaveLine } from "./workflow-line.ts";
import { endOtherwise, retry } from "./workflow-retry.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { stopRun } from "./workflow-stop.ts";
import type { RunError } from "./run.ts";
import type { StepEnd } from "./workflow-write-end.ts";

type Asked<Kind extends WorkflowInput["kind"]> = Extract<WorkflowInput, { readonly kind: Kind }>;

/** Nothing new starts from now on. */
export function pause(state: WorkflowState, { reason }: Asked<"pause">): void {
  state.changeRun({ pausedMs: state.nowMs, pauseReason: reason });
  leaveLine(state);
}

/** Starts what was held; the deadline is put off by as long as the pause was, since the run has begun. */
export function resume(state: WorkflowState): void {
  const { pausedMs, deadlineMs, startedMs } = state.run;
  const pauseMs = state.nowMs - Math.max(pausedMs ?? state.nowMs, startedMs ?? 0);
  state.changeRun({
    pausedMs: null,
    pauseReason: null,
    deadlineMs: deadlineMs === null ? null : deadlineMs + pauseMs,
  });
  lookAtAll(state);
}

/** Cancels what has not ended; of a run that is ending already only the outcome changes. */
export function cancel(state: WorkflowState, { reason }: Asked<"cancel">): void {
  const { phase } = state.run;
  if (state.isEnded || ("outcome" in phase && phase.outcome === "canceled")) return;
  state.changeRun({ cancelReason: reason });
  if (phase.state === "ending")
    return state.changeRun({ phase: { state: "ending", outcome: "canceled" } });
  stopRun(state, { outcome: "canceled", error: null, reason: "The workflow run was canceled." });
}

/** Does a step, or all that did not succeed, again. */
export function retryAsked(state: WorkflowState, { step, by }: Asked<"retry">): void {
  retry(state, step === null ? null : placeOf(state, step), { action: "retry", step, by });
}

/** Ends a step as a person says. */
export function decide(state: WorkflowState, asked: Asked<"decide">): void {
  const place = placeOf(state, asked.step);
  const end = endByDecision(state, asked);
  const { action, step, by } = asked;
  if (!state.table.isEnded(place)) return endStep(state, place, end);
  assert(action === "skip" || action === "succeed", "what has ended is not approved any more");
  endOtherwise(state, { place, end }, { action, step, by });
}

function endByDecision({ nowMs }: WorkflowState, asked: Asked<"decide">): StepEnd {
  const { action, by, note, result } = asked;
  const decision = { action, by, note, atMs: nowMs };
  switch (action) {
    case "approve":
      return { state: "succeeded", output: { approved: true, by, note, result }, decision };
    case "reject":
      return { state: "failed", error: rejection(asked), decision };
    case "skip":
      return { state: "skipped", reason: "Skipped by a person.", decision };
    case "succeed":
      return { state: "succeeded", output: result, decision };
    default:
      return unreachable(action);
  }
}

function rejection({ by, note }: Asked<"decide">): RunError {
  const who = by === null ? "" : ` by ${by}`;
  return {
    message: `It was rejected${who}${note === null ? "." : `: ${note}`}`,
    code: "approval.rejected",
  };
}

function placeOf({ plan }: WorkflowState, name: string): number {
  const place = plan.places.get(name);
  assert(place !== undefined, "a step that there is not was refused");
  return place;
}
