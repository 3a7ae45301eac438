import { assert } from "./assert.ts";
import { compileTrigger, type CompiledTrigger } from "./event-trigger.ts";
import { planStep } from "./plan-step.ts";
import { checkedMs } from "./plan-part.ts";
import type { PlannedStep } from "./planned-step.ts";
import { STEP_NAMES } from "./step-scope.ts";
import { readTemplate, type CompiledTemplate } from "./template.ts";
import { WeightedMap } from "./weighted-map.ts";
import { graphOf } from "./workflow-graph.ts";
import type { JoinRule, Workflow } from "./workflow.ts";

export const PLAN_LIMITS = {
  /**
   * Characters of the steps that a plan keeps compiled, as JSON: ten thousand of them would not fit into a shard
   * beside its runs. A usual step has 150.
   */
  keptCharsMax: 131_072,
} as const;

/**
 * A version of a workflow made computable: who comes after whom, by place in the definition. It is shared by all
 * runs of the version.
 */
export interface WorkflowPlan {
  readonly workflow: Workflow;
  readonly timeoutMs: number;
  /** Place by name. */
  readonly places: ReadonlyMap<string, number>;
  /** In the order in which `after` names them. */
  readonly parents: readonly (readonly number[])[];
  /** Ascending. */
  readonly children: readonly (readonly number[])[];
  /** When each starts, by place. */
  readonly joins: readonly JoinRule[];
  /** Compiled when it is asked for, and kept for a while: do not hold it for longer than one input. */
  stepOf(place: number): PlannedStep;
  /** What the run gives; null gives the output of its last step, or of its last steps by their names. */
  readonly output: CompiledTemplate | null;
  /** Events that start a run of it, in the order of the definition. */
  readonly triggers: readonly CompiledTrigger[];
}

/** Makes a version of a workflow computable. It was accepted by `checkWorkflow` before it was stored. */
export function compilePlan(workflow: Workflow): WorkflowPlan {
  const { steps, timeout, output, on } = workflow.spec;
  const kept = new WeightedMap<number, PlannedStep>(PLAN_LIMITS.keptCharsMax);
  return {
    workflow,
    timeoutMs: checkedMs(timeout),
    ...graphOf(steps),
    joins: steps.map(({ join = "all" }) => join),
    stepOf(place) {
      const known = kept.get(place);
      if (known !== undefined) return known;
      const step = steps[place];
      assert(step !== undefined, "a place is that of a step");
      const planned = planStep(step, place);
      kept.set(place, planned, JSON.stringify(step).length);
      return planned;
    },
    output: output === null ? null : readTemplate(output, STEP_NAMES),
    triggers: on.map(compileTrigger),
  };
}
