import type { StepRow, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import type { Errand, WorkflowStorage } from "../../src/ports/shard-storage.ts";
import type { Change } from "./watched-storage.ts";

/** A write about workflows. */
export type WorkflowChange =
  | { readonly kind: "workflow"; readonly workflow: Workflow }
  | { readonly kind: "workflowGone"; readonly id: string }
  | { readonly kind: "workflowRun"; readonly workflowRun: WorkflowRun }
  | { readonly kind: "workflowRunGone"; readonly id: string }
  | { readonly kind: "step"; readonly row: StepRow }
  | { readonly kind: "event"; readonly event: WorkflowEvent }
  | { readonly kind: "errand"; readonly errand: Errand }
  | { readonly kind: "errandGone"; readonly id: string };

const KINDS: ReadonlySet<string> = new Set<WorkflowChange["kind"]>([
  "workflow",
  "workflowGone",
  "workflowRun",
  "workflowRunGone",
  "step",
  "event",
  "errand",
  "errandGone",
]);

export function isAboutWorkflows(change: Change): change is WorkflowChange {
  return KINDS.has(change.kind);
}

/** The part of a watched storage that is about workflows: `wrote` is called after each write. */
export function watchWorkflows(
  inner: WorkflowStorage,
  wrote: (change?: WorkflowChange) => void,
): WorkflowStorage {
  return {
    ...readsOf(inner),
    putWorkflow: (workflow) => (inner.putWorkflow(workflow), wrote({ kind: "workflow", workflow })),
    restoreWorkflowVersion: (workflow) => (inner.restoreWorkflowVersion(workflow), wrote()),
    deleteWorkflow: (id) => (inner.deleteWorkflow(id), wrote({ kind: "workflowGone", id })),
    deleteWorkflowVersion: (id, version) => (inner.deleteWorkflowVersion(id, version), wrote()),
    putWorkflowRun: (workflowRun) => (
      inner.putWorkflowRun(workflowRun),
      wrote({ kind: "workflowRun", workflowRun })
    ),
    deleteWorkflowRun: (id, stepsMax) => {
      const steps = inner.deleteWorkflowRun(id, stepsMax);
      wrote({ kind: "workflowRunGone", id });
      return steps;
    },
    putStep: (row) => (inner.putStep(row), wrote({ kind: "step", row })),
    putWorkflowEvent: (event) => (inner.putWorkflowEvent(event), wrote({ kind: "event", event })),
    deleteWorkflowEvent: (id, seq) => (inner.deleteWorkflowEvent(id, seq), wrote()),
    putWorkflowOutbox: (entry) => (inner.putWorkflowOutbox(entry), wrote()),
    deleteWorkflowOutbox: (id, version) => (inner.deleteWorkflowOutbox(id, version), wrote()),
    putErrand: (errand) => (inner.putErrand(errand), wrote({ kind: "errand", errand })),
    deleteErrand: (id) => (inner.deleteErrand(id), wrote({ kind: "errandGone", id })),
  };
}

type Reads = Pick<
  WorkflowStorage,
  | "getWorkflow"
  | "getWorkflowByName"
  | "getWorkflowVersion"
  | "workflowVersions"
  | "workflowsAfter"
  | "getWorkflowRun"
  | "workflowRunsAfter"
  | "getStep"
  | "stepsAfter"
  | "stepPlacesAfter"
  | "workflowEvents"
  | "workflowOutboxAfter"
  | "getErrand"
  | "errandsAfter"
>;

function readsOf(inner: WorkflowStorage): Reads {
  return {
    getWorkflow: (id) => inner.getWorkflow(id),
    getWorkflowByName: (namespace, name) => inner.getWorkflowByName(namespace, name),
    getWorkflowVersion: (id, version) => inner.getWorkflowVersion(id, version),
    workflowVersions: (id, before, limit) => inner.workflowVersions(id, before, limit),
    workflowsAfter: (id, limit) => inner.workflowsAfter(id, limit),
    getWorkflowRun: (id) => inner.getWorkflowRun(id),
    workflowRunsAfter: (id, limit) => inner.workflowRunsAfter(id, limit),
    getStep: (id, step, part) => inner.getStep(id, step, part),
    stepsAfter: (id, after, limit) => inner.stepsAfter(id, after, limit),
    stepPlacesAfter: (after, limit) => inner.stepPlacesAfter(after, limit),
    workflowEvents: (id) => inner.workflowEvents(id),
    workflowOutboxAfter: (after, limit) => inner.workflowOutboxAfter(after, limit),
    getErrand: (id) => inner.getErrand(id),
    errandsAfter: (id, limit) => inner.errandsAfter(id, limit),
  };
}
