import type { PartEnd, PartRef } from "../../src/core/workflow-effect.ts";
import type { WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Workflow, WorkflowSpec } from "../../src/core/workflow.ts";

export const START_MS = 1_790_000_000_000;

/** A part that has succeeded. */
export const ENDED_WELL = {
  state: "succeeded",
  output: { a: 3 },
  outputTruncated: false,
  error: null,
  startedMs: START_MS,
  context: null,
} as const;

export function endOf(
  { step, part, revision, isCompensation }: PartRef,
  state: PartEnd["state"],
): PartEnd {
  const error =
    state === "succeeded" || state === "canceled" ? null : { message: "No.", code: state };
  return { ...ENDED_WELL, step, part, revision, isCompensation, state, error };
}

export function workflowOf(spec: WorkflowSpec): Workflow {
  return { id: "wf", namespace: "default", version: 1, spec, createdMs: 1, updatedMs: 1 };
}

export function aWaitingRun(
  spec: WorkflowSpec,
  given: Pick<WorkflowRun, "params" | "context">,
  revision: number,
): WorkflowRun {
  return {
    id: "wr",
    namespace: "default",
    workflowId: "wf",
    workflowName: spec.name,
    workflowVersion: 1,
    trigger: { kind: "api" },
    ...given,
    phase: { state: "waiting" },
    pausedMs: null,
    pauseReason: null,
    deadlineMs: null,
    revision,
    revisions: [],
    nesting: 0,
    output: null,
    error: null,
    cancelReason: null,
    traceparent: null,
    counts: { total: spec.steps.length, succeeded: 0, failed: 0, skipped: 0, canceled: 0 },
    createdMs: START_MS,
    startedMs: null,
    version: 1,
  };
}
