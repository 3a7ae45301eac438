import { assert } from "../core/assert.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";
import type {
  Errand,
  Sql,
  SqlRow,
  SqlValue,
  StepPlace,
  WorkflowOutboxEntry,
  WorkflowStorage,
} from "../ports/shard-storage.ts";
import { LongRows, rowsInPage } from "./long-rows.ts";
import { rowText } from "./row-text.ts";
import { StepRows } from "./step-rows.ts";
import { WORKFLOW_SQL } from "./workflow-statements.ts";

/** The part of a shard's SQL storage that is about workflows. Its writes are made in transactions only. */
export class SqlWorkflowStorage implements WorkflowStorage {
  readonly #sql: Sql;
  readonly #long: LongRows;
  readonly #steps: StepRows;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#long = new LongRows(sql);
    this.#steps = new StepRows(sql, this.#long);
  }

  /** Writes what waits for the end of the transaction. */
  flush(): void {
    this.#steps.flush();
  }

  /** Storage has rolled back. */
  rolledBack(): void {
    this.#steps.rolledBack();
  }

  putWorkflow(workflow: Workflow): void {
    const { id, namespace, version, spec } = workflow;
    if (version === 1) this.#sql.run(WORKFLOW_SQL.putName, namespace, spec.name, id);
    this.#putVersion(WORKFLOW_SQL.putVersion, workflow);
  }

  restoreWorkflowVersion(workflow: Workflow): void {
    this.#putVersion(WORKFLOW_SQL.restoreVersion, workflow);
  }

  #putVersion(statement: string, workflow: Workflow): void {
    const { id, version, namespace, spec } = workflow;
    const text = rowText(workflow);
    const body = this.#long.put(versionKey(id, version), text);
    this.#sql.run(statement, id, version, namespace, spec.name, text.length, body);
  }

  getWorkflow(workflowId: string): Workflow | undefined {
    return this.#sql.all(WORKFLOW_SQL.getWorkflow, workflowId).map(this.#workflowOf)[0];
  }

  getWorkflowByName(namespace: string, name: string): Workflow | undefined {
    const row = this.#sql.all(WORKFLOW_SQL.idOfName, namespace, name)[0];
    return row === undefined ? undefined : this.getWorkflow(String(row["workflow_id"]));
  }

  getWorkflowVersion(workflowId: string, version: number): Workflow | undefined {
    return this.#sql.all(WORKFLOW_SQL.getVersion, workflowId, version).map(this.#workflowOf)[0];
  }

  workflowVersions(workflowId: string, beforeVersion: number, limit: number): readonly Workflow[] {
    const before = beforeVersion === 0 ? Number.MAX_SAFE_INTEGER : beforeVersion;
    const { versionSizes, versions } = WORKFLOW_SQL;
    return this.#page([versionSizes, versions], [workflowId, before], limit).map(this.#workflowOf);
  }

  workflowsAfter(afterId: string, limit: number): readonly Workflow[] {
    const keys = this.#sql.all(WORKFLOW_SQL.workflowsAfter, afterId, limit);
    return keys.slice(0, rowsInPage(keys)).map((key) => {
      const id = String(key["workflow_id"]);
      const workflow = this.getWorkflowVersion(id, Number(key["version"]));
      assert(workflow !== undefined, "the newest version of a workflow is stored");
      return workflow;
    });
  }

  deleteWorkflow(workflowId: string): void {
    this.#sql.run(WORKFLOW_SQL.deleteName, workflowId, workflowId);
  }

  deleteWorkflowVersion(workflowId: string, version: number): void {
    this.#sql.run(WORKFLOW_SQL.deleteVersion, workflowId, version);
    this.#long.delete(versionKey(workflowId, version));
  }

  putWorkflowRun(run: WorkflowRun): void {
    const text = rowText(run);
    const body = this.#long.put(runKey(run.id), text);
    this.#sql.run(WORKFLOW_SQL.putRun, run.id, text.length, body);
  }

  getWorkflowRun(workflowRunId: string): WorkflowRun | undefined {
    return this.#sql.all(WORKFLOW_SQL.getRun, workflowRunId).map(this.#runOf)[0];
  }

  workflowRunsAfter(afterId: string, limit: number): readonly WorkflowRun[] {
    const { runSizes, runs } = WORKFLOW_SQL;
    return this.#page([runSizes, runs], [afterId], limit).map(this.#runOf);
  }

  deleteWorkflowRun(workflowRunId: string, stepsMax: number): number {
    this.#sql.run(WORKFLOW_SQL.deleteRun, workflowRunId);
    this.#long.delete(runKey(workflowRunId));
    this.#sql.run(WORKFLOW_SQL.deleteEvents, workflowRunId);
    return this.#steps.deleteOf(workflowRunId, stepsMax);
  }

  putStep(row: StepRow): void {
    this.#steps.put(row);
  }

  getStep(workflowRun: string, step: number, part: number): StepRow | undefined {
    return this.#steps.get({ workflowRun, step, part });
  }

  stepsAfter(
    workflowRun: string,
    after: { readonly step: number; readonly part: number },
    limit: number,
  ): readonly StepRow[] {
    return this.#steps.after({ workflowRun, ...after }, limit);
  }

  stepPlacesAfter(after: StepPlace, limit: number): readonly StepPlace[] {
    return this.#steps.placesAfter(after, limit);
  }

  putWorkflowEvent(event: WorkflowEvent): void {
    const { workflowRun, seq } = event;
    this.#sql.run(WORKFLOW_SQL.putEvent, workflowRun, seq, JSON.stringify(event));
  }

  workflowEvents(workflowRunId: string): readonly WorkflowEvent[] {
    return this.#sql.all(WORKFLOW_SQL.events, workflowRunId).map(eventOf);
  }

  deleteWorkflowEvent(workflowRunId: string, seq: number): void {
    this.#sql.run(WORKFLOW_SQL.deleteEvent, workflowRunId, seq);
  }

  putWorkflowOutbox({ workflowId, version, tombstone }: WorkflowOutboxEntry): void {
    const text = tombstone === null ? null : JSON.stringify(tombstone);
    this.#sql.run(WORKFLOW_SQL.putOutbox, workflowId, version, text);
  }

  workflowOutboxAfter(
    after: { readonly workflowId: string; readonly version: number },
    limit: number,
  ): readonly WorkflowOutboxEntry[] {
    const { workflowId, version } = after;
    return this.#sql.all(WORKFLOW_SQL.outbox, workflowId, version, limit).map(outboxEntryOf);
  }

  deleteWorkflowOutbox(workflowId: string, version: number): void {
    this.#sql.run(WORKFLOW_SQL.deleteOutbox, workflowId, version);
  }

  putErrand(errand: Errand): void {
    const text = JSON.stringify(errand);
    const body = this.#long.put(errandKey(errand.id), text);
    this.#sql.run(WORKFLOW_SQL.putErrand, errand.id, text.length, body);
  }

  getErrand(errandId: string): Errand | undefined {
    return this.#sql.all(WORKFLOW_SQL.getErrand, errandId).map(this.#errandOf)[0];
  }

  errandsAfter(afterId: string, limit: number): readonly Errand[] {
    const { errandSizes, errands } = WORKFLOW_SQL;
    return this.#page([errandSizes, errands], [afterId], limit).map(this.#errandOf);
  }

  deleteErrand(errandId: string): void {
    this.#sql.run(WORKFLOW_SQL.deleteErrand, errandId);
    this.#long.delete(errandKey(errandId));
  }

  /** The first statement tells how long the rows are, so that the second reads no more than memory bears. */
  #page(
    [sizes, rows]: readonly [string, string],
    after: readonly SqlValue[],
    limit: number,
  ): readonly SqlRow[] {
    const count = rowsInPage(this.#sql.all(sizes, ...after, limit));
    return count === 0 ? [] : this.#sql.all(rows, ...after, count);
  }

  // Bodies are parsed unchecked: this class alone writes them, each from a value of the same type.

  readonly #workflowOf = (row: SqlRow): Workflow => {
    const key = versionKey(String(row["workflow_id"]), Number(row["version"]));
    return JSON.parse(this.#long.textOf(key, row));
  };

  readonly #runOf = (row: SqlRow): WorkflowRun =>
    JSON.parse(this.#long.textOf(runKey(String(row["id"])), row));

  readonly #errandOf = (row: SqlRow): Errand =>
    JSON.parse(this.#long.textOf(errandKey(String(row["id"])), row));
}

function versionKey(workflowId: string, version: number): string {
  return `version:${workflowId}:${version}`;
}

function runKey(workflowRunId: string): string {
  return `run:${workflowRunId}`;
}

function errandKey(errandId: string): string {
  return `errand:${errandId}`;
}

function eventOf(row: SqlRow): WorkflowEvent {
  return JSON.parse(String(row["body"]));
}

function outboxEntryOf(row: SqlRow): WorkflowOutboxEntry {
  const { tombstone } = row;
  return {
    workflowId: String(row["workflow_id"]),
    version: Number(row["version"]),
    tombstone: typeof tombstone === "string" ? JSON.parse(tombstone) : null,
  };
}
