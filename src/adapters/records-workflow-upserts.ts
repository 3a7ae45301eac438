import type { InStatement } from "@libsql/client";
import type { StepRow, WorkflowRun } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";
import type { JobTombstone, RecordsBatch } from "../ports/records.ts";
import { rowText } from "./row-text.ts";
import { statements } from "./upsert-statements.ts";
import type { Upsert } from "./upsert-statements.ts";

/** The statements that put what a batch holds of workflows. */
export function workflowUpserts(batch: RecordsBatch): readonly InStatement[] {
  return [
    ...statements(WORKFLOWS, batch.workflows),
    ...statements(VERSIONS, batch.workflows),
    ...statements(TOMBSTONES, batch.deletedWorkflows),
    ...statements(WORKFLOW_RUNS, batch.workflowRuns),
    ...statements(STEPS, batch.steps),
  ];
}

const WORKFLOWS: Upsert<Workflow> = {
  table: "workflows",
  key: ["id"],
  updated: ["version", "deleted", "description", "tags"],
  isNewer: "excluded.version > workflows.version",
  columnsOf: ({ id, namespace, version, spec }) => ({
    id,
    namespace,
    name: spec.name,
    version,
    deleted: 0,
    description: spec.description,
    tags: JSON.stringify(spec.tags),
  }),
};

/** A tombstone also wins over a row of its own version: a deleted workflow does not come back. */
const TOMBSTONES: Upsert<JobTombstone> = {
  ...WORKFLOWS,
  isNewer: "excluded.version >= workflows.version",
  columnsOf: ({ id, namespace, name, version }) => ({
    id,
    namespace,
    name,
    version,
    deleted: 1,
    description: null,
    tags: null,
  }),
};

const VERSIONS: Upsert<Workflow> = {
  table: "workflow_versions",
  key: ["workflow_id", "version"],
  updated: [],
  isNewer: "false",
  columnsOf: (workflow) => {
    const body = rowText(workflow);
    return { workflow_id: workflow.id, version: workflow.version, chars: body.length, body };
  },
};

const WORKFLOW_RUNS: Upsert<WorkflowRun> = {
  table: "workflow_runs",
  key: ["id"],
  updated: ["version", "state", "chars", "body"],
  isNewer: "excluded.version > workflow_runs.version",
  columnsOf: (run) => {
    const body = rowText(run);
    return {
      id: run.id,
      namespace: run.namespace,
      workflow_id: run.workflowId,
      workflow_name: run.workflowName,
      version: run.version,
      state: run.phase.state,
      trigger: run.trigger.kind,
      created_ms: run.createdMs,
      chars: body.length,
      body,
    };
  },
};

const STEPS: Upsert<StepRow> = {
  table: "workflow_steps",
  key: ["workflow_run", "step", "part"],
  updated: ["version", "state", "chars", "body"],
  isNewer: "excluded.version > workflow_steps.version",
  columnsOf: (row) => {
    const body = rowText(row);
    return {
      workflow_run: row.workflowRun,
      step: row.step,
      part: row.part,
      version: row.version,
      state: row.state,
      chars: body.length,
      body,
    };
  },
};
