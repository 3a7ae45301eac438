import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { StepRow, StepState, WorkflowRun, WorkflowTrigger } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";

// The history of workflows, like that of jobs and runs in `records-schema.ts`. A body may be a megabyte long:
// `chars` is its length, so that a page is measured before it is read.

/** The workflows as their shards last told: which version is the newest. A deleted one stays as a tombstone. */
export const workflows = sqliteTable(
  "workflows",
  {
    id: text("id").primaryKey(),
    namespace: text("namespace").notNull(),
    name: text("name").notNull(),
    version: integer("version").notNull(),
    deleted: integer("deleted").notNull(),
    description: text("description"),
    /** A list as JSON. */
    tags: text("tags"),
  },
  (workflow) => [
    index("workflows_by_name")
      .on(workflow.namespace, workflow.name, workflow.id)
      .where(sql`deleted = 0`),
  ],
);

/** Every version that there was, also of workflows that were deleted: runs point to them. */
export const workflowVersions = sqliteTable(
  "workflow_versions",
  {
    workflowId: text("workflow_id").notNull(),
    version: integer("version").notNull(),
    chars: integer("chars").notNull(),
    body: text("body", { mode: "json" }).$type<Workflow>().notNull(),
  },
  (row) => [primaryKey({ columns: [row.workflowId, row.version] })],
);

/** The workflow runs as their shards last told. */
export const workflowRuns = sqliteTable(
  "workflow_runs",
  {
    id: text("id").primaryKey(),
    namespace: text("namespace").notNull(),
    workflowId: text("workflow_id").notNull(),
    workflowName: text("workflow_name").notNull(),
    version: integer("version").notNull(),
    state: text("state").$type<WorkflowRun["phase"]["state"]>().notNull(),
    trigger: text("trigger").$type<WorkflowTrigger["kind"]>().notNull(),
    createdMs: integer("created_ms").notNull(),
    chars: integer("chars").notNull(),
    body: text("body", { mode: "json" }).$type<WorkflowRun>().notNull(),
  },
  (run) => [
    index("workflow_runs_by_created").on(run.namespace, run.createdMs, run.id),
    index("workflow_runs_by_workflow").on(run.workflowId, run.createdMs, run.id),
    index("workflow_runs_by_name").on(run.namespace, run.workflowName, run.createdMs, run.id),
    index("workflow_runs_by_state").on(run.namespace, run.state, run.createdMs, run.id),
    // Most workflow runs are started by runs: only the others are worth an index by trigger.
    index("workflow_runs_by_trigger")
      .on(run.namespace, run.trigger, run.createdMs, run.id)
      .where(sql`"trigger" <> 'run'`),
  ],
);

/** The steps of workflow runs, and with a part from 0 on their tasks and items. */
export const workflowSteps = sqliteTable(
  "workflow_steps",
  {
    workflowRun: text("workflow_run").notNull(),
    step: integer("step").notNull(),
    /** -1 is the step itself. */
    part: integer("part").notNull(),
    version: integer("version").notNull(),
    state: text("state").$type<StepState>().notNull(),
    chars: integer("chars").notNull(),
    body: text("body", { mode: "json" }).$type<StepRow>().notNull(),
  },
  (row) => [
    primaryKey({ columns: [row.workflowRun, row.step, row.part] }),
    // Ten thousand items may lie between a step and the next one.
    index("workflow_steps_themselves")
      .on(row.workflowRun, row.step)
      .where(sql`part = -1`),
    // Those that wait for a time, an event or a person: few, whatever has ended.
    index("workflow_steps_waiting")
      .on(row.workflowRun, row.step)
      .where(sql`part = -1 and state = 'waiting'`),
  ],
);
