/** The table of controls, for the model: which are refused when, and with which code. */
import type { WorkflowInput } from "../../src/core/workflow-effect.ts";
import { hasEnded, isOver, type ModelStep } from "./workflow-model-step.ts";
import type { WorkflowModel } from "./workflow-model.ts";

const EVENTS_MAX = 100;
const REVISIONS_MAX = 10_000;

const ENDED = "workflow_run.ended";
const ENDING = "workflow_run.ending";
const NOT_ENDED = "workflow_run.not_ended";
const NOT_PAUSED = "workflow_run.not_paused";

type Control = "pause" | "resume" | "cancel" | "event" | "retry" | "retry step" | "mark" | "answer";

const COLUMNS = ["waiting", "running", "ending", "compensating", "succeeded", "otherwise"] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Partial<Record<Column, string | null>>>;

function row(...codes: readonly (string | null)[]): Row {
  return Object.fromEntries(COLUMNS.map((column, i) => [column, codes[i]]));
}

/** Null is allowed, as far as the phase is asked. */
const TABLE: Readonly<Record<Control, Row>> = {
  pause: row(null, null, ENDING, ENDING, ENDED, ENDED),
  resume: row(NOT_PAUSED, NOT_PAUSED, NOT_PAUSED, NOT_PAUSED, ENDED, ENDED),
  cancel: row(null, null, null, ENDING, ENDED, ENDED),
  event: row(null, null, ENDING, ENDING, ENDED, ENDED),
  retry: row(NOT_ENDED, NOT_ENDED, ENDING, ENDING, ENDED, null),
  "retry step": row(NOT_ENDED, null, ENDING, ENDING, null, null),
  mark: row(null, null, ENDING, ENDING, ENDED, null),
  answer: row(null, null, ENDING, ENDING, ENDED, ENDED),
};

/** The code with which an input is refused, or null. */
export function refusalOf(model: WorkflowModel, input: WorkflowInput): string | null {
  if (input.kind === "begin" || input.kind === "part_ended" || input.kind === "due") return null;
  if (input.kind === "resume" && model.pausedMs !== null) return null;
  if (input.kind === "cancel" && isCanceled(model)) return null;
  return TABLE[controlOf(input)][columnOf(model)] ?? closerRefusal(model, input);
}

function closerRefusal(model: WorkflowModel, input: WorkflowInput): string | null {
  if (input.kind === "pause") return model.pausedMs === null ? null : "workflow_run.paused";
  if (input.kind === "event") return eventRefusal(model, input);
  return input.kind === "retry" || input.kind === "decide" ? stepRefusal(model, input) : null;
}

const isCanceled = ({ phase, outcome }: WorkflowModel): boolean =>
  phase === "ended" && outcome === "canceled";

function columnOf({ phase, outcome }: WorkflowModel): Column {
  if (phase !== "ended") return phase;
  return outcome === "succeeded" ? "succeeded" : "otherwise";
}

function controlOf(
  input: Exclude<WorkflowInput, { readonly kind: "begin" | "part_ended" | "due" }>,
): Control {
  if (input.kind === "retry") return input.step === null ? "retry" : "retry step";
  if (input.kind !== "decide") return input.kind;
  return input.action === "skip" || input.action === "succeed" ? "mark" : "answer";
}

type OnStep = Extract<WorkflowInput, { readonly kind: "retry" | "decide" }>;

function stepRefusal(model: WorkflowModel, input: OnStep): string | null {
  const step = model.stepOf(input.step ?? "");
  if (step === undefined) return input.step === null ? quotaRefusal(model) : "step.unknown";
  const byState = stateRefusal(model, step, input);
  if (byState !== null) return byState;
  if (input.kind === "decide" && isOver("output", input.result)) return "output.too_large";
  return hasEnded(step) ? quotaRefusal(model) : null;
}

function stateRefusal({ phase }: WorkflowModel, step: ModelStep, input: OnStep): string | null {
  const isEnded = hasEnded(step);
  if (input.kind === "retry") return isEnded ? null : "step.not_ended";
  if (controlOf(input) === "answer") return answerRefusal(step, phase === "running");
  return step.state === "succeeded" || (isEnded && phase === "waiting") ? "step.ended" : null;
}

function answerRefusal(step: ModelStep, isRunning: boolean): string | null {
  if (hasEnded(step) && isRunning) return "step.ended";
  const isAsked = step.spec.approval !== undefined && step.state === "waiting";
  return isAsked ? null : "step.not_waiting";
}

function quotaRefusal({ revision }: WorkflowModel): string | null {
  return revision >= REVISIONS_MAX ? "quota.exceeded" : null;
}

function eventRefusal(
  { events }: WorkflowModel,
  { data }: Extract<WorkflowInput, { readonly kind: "event" }>,
): string | null {
  if (isOver("event", data)) return "output.too_large";
  return events.length >= EVENTS_MAX ? "quota.exceeded" : null;
}
