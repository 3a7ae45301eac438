import type { DurationText } from "./duration.ts";
import { readExpression, type Expression } from "./expression.ts";
import { NO_REFERENCES } from "./expression-walk.ts";
import { checkedMs, planCompensation, planPart, planTask } from "./plan-part.ts";
import type { Completion, PlannedStep, PlannedWork } from "./planned-step.ts";
import { ITEM_NAMES, MATCH_NAMES, STEP_BOUNDS, STEP_NAMES } from "./step-scope.ts";
import { readTemplate } from "./template.ts";
import { WORKFLOW_DEFAULTS } from "./workflow-defaults.ts";
import type { ApprovalSpec, MapSpec, StepSpec, TaskSpec, WaitSpec } from "./workflow.ts";

/** Makes a step of a definition that was accepted computable. */
export function planStep(step: StepSpec, place: number): PlannedStep {
  const { name, join = "all", when, compensate } = step;
  return {
    place,
    name,
    join,
    when: when === undefined ? null : expressionOf(when, STEP_NAMES),
    work: workOf(step),
    compensate: compensate === undefined ? null : planCompensation(step, compensate, STEP_NAMES),
  };
}

function workOf(step: StepSpec): PlannedWork {
  const { map, tasks, sleep, waitFor, approval } = step;
  if (map !== undefined) return mapOf(step, map);
  if (tasks !== undefined) return tasksOf(step, tasks);
  if (sleep !== undefined) return { kind: "sleep", durationMs: checkedMs(sleep) };
  if (waitFor !== undefined) return waitOf(waitFor);
  if (approval !== undefined) return approvalOf(approval);
  const isGate = step.run === undefined && step.workflow === undefined;
  return isGate ? { kind: "gate" } : { kind: "run", part: planPart(step, STEP_NAMES) };
}

function mapOf(step: StepSpec, { over, concurrencyMax }: MapSpec): PlannedWork {
  return {
    kind: "map",
    over: readTemplate(over, STEP_NAMES),
    concurrencyMax: concurrencyMax ?? WORKFLOW_DEFAULTS.itemsAtOnce,
    part: planPart(step, ITEM_NAMES),
    complete: completionOf(step),
  };
}

function tasksOf(step: StepSpec, tasks: readonly TaskSpec[]): PlannedWork {
  return {
    kind: "tasks",
    parts: tasks.map((task) => planTask(step, task, STEP_NAMES)),
    complete: completionOf(step),
  };
}

function completionOf({ complete = { mode: "all" } }: StepSpec): Completion {
  const { mode, rest = "cancel" } = complete;
  return {
    mode,
    rest,
    needed(total) {
      if (complete.mode === "count") return complete.count;
      return complete.mode === "any" ? 1 : total;
    },
  };
}

function waitOf({ event, timeout, match, lookBack }: WaitSpec): PlannedWork {
  return {
    kind: "wait",
    event,
    timeoutMs: spanMs(timeout),
    match: match === undefined ? null : expressionOf(match, MATCH_NAMES),
    lookBackMs: spanMs(lookBack),
  };
}

function approvalOf({ timeout, onTimeout = "reject" }: ApprovalSpec): PlannedWork {
  return { kind: "approval", timeoutMs: spanMs(timeout), onTimeout };
}

function spanMs(text: DurationText | undefined): number | null {
  return text === undefined ? null : checkedMs(text);
}

/** An expression that was accepted before: should it be no more, each evaluation says why. */
export function expressionOf(text: string, names: readonly string[]): Expression {
  const read = readExpression(text, names, STEP_BOUNDS);
  if (typeof read !== "string") return read;
  return { references: NO_REFERENCES, evaluate: () => ({ kind: "error", message: read }) };
}
