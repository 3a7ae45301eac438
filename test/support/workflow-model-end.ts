/** How a step ends by its time or by a person, and what the steps together give their run: for the model. */
import type { Json } from "../../src/core/json.ts";
import type { WorkflowInput } from "../../src/core/workflow-effect.ts";
import type { EndedWorkflowState } from "../../src/core/workflow-run.ts";
import type { WorkflowSpec } from "../../src/core/workflow.ts";
import { failed, isBad, render, succeeded } from "./workflow-model-step.ts";
import type { Ending, ModelStep, World } from "./workflow-model-step.ts";

export type Decide = Extract<WorkflowInput, { readonly kind: "decide" }>;

export interface ModelError {
  /** The step that the message names. */
  readonly step: string | null;
  readonly code: string | null;
}

export interface Judgement {
  readonly outcome: EndedWorkflowState;
  readonly error: ModelError | null;
  readonly output: Json;
}

/** What becomes of a step that waited until its time had come. */
export function silenceOf({ spec: { sleep, approval } }: ModelStep): Ending {
  if (sleep !== undefined) return succeeded(null);
  if (approval === undefined) return failed("wait.timed_out");
  if (approval.onTimeout !== "approve") return failed("approval.timed_out");
  return succeeded({ approved: true, by: null, note: null, result: null });
}

export function endByDecision({ action, result, note, by }: Decide): Ending {
  const ends: Readonly<Record<Decide["action"], Ending>> = {
    skip: { kind: "end", state: "skipped", more: { isPassed: true, reason: "by a decision" } },
    reject: failed("approval.rejected"),
    approve: succeeded({ approved: true, by, note, result }),
    succeed: succeeded(result),
  };
  return { ...ends[action], more: { ...ends[action].more, decision: action } };
}

/** What a run gives all of whose steps have ended. */
export function judge(spec: WorkflowSpec, steps: readonly ModelStep[], world: World): Judgement {
  const byOrder = steps.filter(isBad).toSorted((a, b) => a.order - b.order);
  const bad = byOrder.find(({ state }) => state === "failed") ?? byOrder[0];
  if (bad !== undefined) {
    const error = { step: bad.spec.name, code: bad.code ?? null };
    return { outcome: "failed", error, output: null };
  }
  try {
    const output =
      spec.output === null ? lastOutputs(steps) : render(world, spec.output, world.scope);
    return { outcome: "succeeded", error: null, output };
  } catch {
    const error = { step: null, code: "expression.failed" };
    return { outcome: "failed", error, output: null };
  }
}

function lastOutputs(steps: readonly ModelStep[]): Json {
  const parents = new Set(steps.flatMap(({ spec }) => spec.after ?? []));
  const last = steps.filter(({ spec }) => !parents.has(spec.name));
  if (last.length === 1) return last[0]?.output ?? null;
  return Object.fromEntries(last.map(({ spec, output }) => [spec.name, output]));
}

/** The step that is to be undone next: the one that ended last of those left. */
export function nextToUndo(
  outcome: EndedWorkflowState | null,
  steps: readonly ModelStep[],
): ModelStep | undefined {
  if (outcome !== "failed" && outcome !== "timed_out") return undefined;
  return steps
    .filter(({ state, decision }) => state === "succeeded" && decision !== "succeed")
    .filter(({ spec, undo }) => spec.compensate !== undefined && undo === null)
    .toSorted((a, b) => b.order - a.order)[0];
}
