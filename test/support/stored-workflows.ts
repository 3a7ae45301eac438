import { aWorkflowSpec as minimalSpec } from "./workflow-specs.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { StepSpec, Workflow, WorkflowSpec } from "../../src/core/workflow.ts";
import type { Errand } from "../../src/ports/shard-storage.ts";

/** Rows about workflows with every field filled in: a case names only what it is about. */

const CREATED_MS = 1_790_000_000_000;

const STEPS: readonly StepSpec[] = [
  { name: "fetch", run: { executor: "orders", handler: "fetch" } },
  { name: "store", after: ["fetch"], run: { executor: "orders", handler: "store" } },
];

export function aWorkflowSpec(more: Partial<WorkflowSpec> = {}): WorkflowSpec {
  return minimalSpec(STEPS, {
    name: "nightly-orders",
    description: "Fetches and stores.",
    owner: "ops",
    tags: ["billing"],
    params: { region: "north", "quoted \" 'name'": "日本 🎌 \u0000" },
    ...more,
  });
}

export function aWorkflow(
  more: Partial<Omit<Workflow, "spec">> & { readonly spec?: Partial<WorkflowSpec> } = {},
): Workflow {
  return {
    id: "wf_a",
    namespace: "default",
    version: 1,
    createdMs: CREATED_MS,
    updatedMs: CREATED_MS,
    ...more,
    spec: aWorkflowSpec(more.spec),
  };
}

export function aWorkflowRun(more: Partial<WorkflowRun> = {}): WorkflowRun {
  return {
    id: "wfr_a",
    namespace: "default",
    workflowId: "wf_a",
    workflowName: "nightly-orders",
    workflowVersion: 1,
    trigger: { kind: "api" },
    params: { region: "south" },
    context: {},
    phase: { state: "running" },
    pausedMs: null,
    pauseReason: null,
    deadlineMs: CREATED_MS + 3_600_000,
    revision: 1,
    revisions: [],
    nesting: 0,
    output: null,
    error: null,
    cancelReason: null,
    traceparent: null,
    counts: { total: 2, succeeded: 0, failed: 0, skipped: 0, canceled: 0 },
    createdMs: CREATED_MS,
    startedMs: CREATED_MS,
    version: 1,
    ...more,
  };
}

export function aStepRow(more: Partial<StepRow> = {}): StepRow {
  return {
    workflowRun: "wfr_a",
    step: 0,
    part: -1,
    name: "fetch",
    revision: 1,
    state: "succeeded",
    reason: null,
    isPassed: false,
    startedMs: CREATED_MS,
    endedMs: CREATED_MS + 20,
    order: 1,
    output: { rows: 3 },
    outputTruncated: false,
    error: null,
    dueMs: null,
    items: null,
    decision: null,
    compensation: null,
    version: 1,
    ...more,
  };
}

export function aWorkflowEvent(more: Partial<WorkflowEvent> = {}): WorkflowEvent {
  const atMs = CREATED_MS + 5;
  return { workflowRun: "wfr_a", seq: 1, name: "paid", data: { amount: 7.5 }, atMs, ...more };
}

/** The word to a run that its workflow has ended. */
export function anErrand(id = "callback:run_a#1", result: string | null = null): Errand {
  return {
    id,
    shard: 3,
    createdMs: CREATED_MS,
    kind: "run.callback",
    input: {
      runId: "run_a",
      attempt: 1,
      status: "succeeded",
      result,
      resultTruncated: false,
      context: null,
      error: null,
      retry: true,
      digest: "digest",
    },
  };
}
