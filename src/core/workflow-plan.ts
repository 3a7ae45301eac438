import type { Workflow } from "./workflow.ts";

/**
 * A version of a workflow made computable: who comes after whom, by place in the definition. It is shared by all
 * runs of the version.
 */
export interface WorkflowPlan {
  readonly workflow: Workflow;
  readonly timeoutMs: number;
  /** Place by name. */
  readonly places: ReadonlyMap<string, number>;
  readonly parents: readonly (readonly number[])[];
  readonly children: readonly (readonly number[])[];
}
