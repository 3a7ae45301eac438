import { assert } from "../core/assert.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";
import type {
  Errand,
  StepPlace,
  WorkflowOutboxEntry,
  WorkflowStorage,
} from "../ports/shard-storage.ts";
import { byIdThenTime, byText, nameKey } from "./ordered-keys.ts";
import type { AtId } from "./ordered-keys.ts";
import { OrderedTable, UndoLog } from "./ordered-table.ts";

/** The part of a shard's storage in memory that is about workflows. Versions and events have numbers for times. */
export class MemoryWorkflowStorage implements WorkflowStorage {
  protected readonly undoLog = new UndoLog();
  readonly #ids = new OrderedTable<string, string>(byText, this.undoLog);
  readonly #versions = new OrderedTable<AtId, Workflow>(byIdThenTime, this.undoLog);
  readonly #runs = new OrderedTable<string, WorkflowRun>(byText, this.undoLog);
  readonly #steps = new OrderedTable<StepPlace, StepRow>(byPlace, this.undoLog);
  readonly #events = new OrderedTable<AtId, WorkflowEvent>(byIdThenTime, this.undoLog);
  readonly #outbox = new OrderedTable<AtId, WorkflowOutboxEntry>(byIdThenTime, this.undoLog);
  readonly #errands = new OrderedTable<string, Errand>(byText, this.undoLog);

  /** Takes over what another storage knows of workflows. */
  protected copyWorkflowsFrom(other: MemoryWorkflowStorage): void {
    this.#ids.copyFrom(other.#ids);
    this.#versions.copyFrom(other.#versions);
    this.#runs.copyFrom(other.#runs);
    this.#steps.copyFrom(other.#steps);
    this.#events.copyFrom(other.#events);
    this.#outbox.copyFrom(other.#outbox);
    this.#errands.copyFrom(other.#errands);
  }

  putWorkflow(workflow: Workflow): void {
    const { id, namespace, version, spec } = workflow;
    const key = { id, ms: version };
    assert(this.#versions.get(key) === undefined, "a version of a workflow is added once");
    if (version === 1) {
      const name = nameKey(namespace, spec.name);
      assert(this.#ids.get(name) === undefined, "the name of a workflow is unique");
      this.#ids.set(name, id);
    }
    this.#versions.set(key, workflow);
  }

  restoreWorkflowVersion(workflow: Workflow): void {
    const key = { id: workflow.id, ms: workflow.version };
    if (this.#versions.get(key) === undefined) this.#versions.set(key, workflow);
  }

  getWorkflow(workflowId: string): Workflow | undefined {
    const newest = this.workflowVersions(workflowId, 0, 1)[0];
    return newest !== undefined && this.#isThere(newest) ? newest : undefined;
  }

  getWorkflowByName(namespace: string, name: string): Workflow | undefined {
    const id = this.#ids.get(nameKey(namespace, name));
    return id === undefined ? undefined : this.getWorkflow(id);
  }

  getWorkflowVersion(workflowId: string, version: number): Workflow | undefined {
    return this.#versions.get({ id: workflowId, ms: version });
  }

  workflowVersions(workflowId: string, beforeVersion: number, limit: number): readonly Workflow[] {
    const before = beforeVersion === 0 ? Number.MAX_SAFE_INTEGER : beforeVersion;
    return this.#versions
      .after({ id: workflowId, ms: 0 }, this.#versions.size)
      .filter(({ id, version }) => id === workflowId && version < before)
      .toReversed()
      .slice(0, limit);
  }

  workflowsAfter(afterId: string, limit: number): readonly Workflow[] {
    const all = this.#versions.after({ id: afterId, ms: Number.MAX_SAFE_INTEGER }, Infinity);
    return all
      .filter((workflow, i) => all[i + 1]?.id !== workflow.id && this.#isThere(workflow))
      .slice(0, limit);
  }

  deleteWorkflow(workflowId: string): void {
    const workflow = this.getWorkflow(workflowId);
    if (workflow !== undefined) this.#ids.delete(nameKey(workflow.namespace, workflow.spec.name));
  }

  deleteWorkflowVersion(workflowId: string, version: number): void {
    this.#versions.delete({ id: workflowId, ms: version });
  }

  putWorkflowRun(run: WorkflowRun): void {
    this.#runs.set(run.id, run);
  }

  getWorkflowRun(workflowRunId: string): WorkflowRun | undefined {
    return this.#runs.get(workflowRunId);
  }

  workflowRunsAfter(afterId: string, limit: number): readonly WorkflowRun[] {
    return this.#runs.after(afterId, limit);
  }

  deleteWorkflowRun(workflowRunId: string, stepsMax: number): number {
    this.#runs.delete(workflowRunId);
    for (const { seq } of this.workflowEvents(workflowRunId))
      this.deleteWorkflowEvent(workflowRunId, seq);
    const steps = this.stepsAfter(workflowRunId, { step: -1, part: -1 }, stepsMax);
    for (const row of steps) this.#steps.delete(row);
    return steps.length;
  }

  putStep(row: StepRow): void {
    this.#steps.set(placeOf(row), row);
  }

  getStep(workflowRunId: string, step: number, part: number): StepRow | undefined {
    return this.#steps.get({ workflowRun: workflowRunId, step, part });
  }

  stepsAfter(
    workflowRunId: string,
    after: { readonly step: number; readonly part: number },
    limit: number,
  ): readonly StepRow[] {
    return this.#steps
      .after({ ...after, workflowRun: workflowRunId }, limit)
      .filter((row) => row.workflowRun === workflowRunId);
  }

  stepPlacesAfter(after: StepPlace, limit: number): readonly StepPlace[] {
    return this.#steps.after(after, limit).map(placeOf);
  }

  putWorkflowEvent(event: WorkflowEvent): void {
    const key = { id: event.workflowRun, ms: event.seq };
    assert(this.#events.get(key) === undefined, "an event is added once");
    this.#events.set(key, event);
  }

  workflowEvents(workflowRunId: string): readonly WorkflowEvent[] {
    return this.#events
      .after({ id: workflowRunId, ms: 0 }, this.#events.size)
      .filter((event) => event.workflowRun === workflowRunId);
  }

  deleteWorkflowEvent(workflowRunId: string, seq: number): void {
    this.#events.delete({ id: workflowRunId, ms: seq });
  }

  putWorkflowOutbox(entry: WorkflowOutboxEntry): void {
    this.#outbox.set({ id: entry.workflowId, ms: entry.version }, entry);
  }

  workflowOutboxAfter(
    after: { readonly workflowId: string; readonly version: number },
    limit: number,
  ): readonly WorkflowOutboxEntry[] {
    return this.#outbox.after({ id: after.workflowId, ms: after.version }, limit);
  }

  deleteWorkflowOutbox(workflowId: string, version: number): void {
    this.#outbox.delete({ id: workflowId, ms: version });
  }

  putErrand(errand: Errand): void {
    this.#errands.set(errand.id, errand);
  }

  getErrand(errandId: string): Errand | undefined {
    return this.#errands.get(errandId);
  }

  errandsAfter(afterId: string, limit: number): readonly Errand[] {
    return this.#errands.after(afterId, limit);
  }

  deleteErrand(errandId: string): void {
    this.#errands.delete(errandId);
  }

  #isThere({ id, namespace, spec }: Workflow): boolean {
    return this.#ids.get(nameKey(namespace, spec.name)) === id;
  }
}

function placeOf({ workflowRun, step, part }: StepPlace): StepPlace {
  return { workflowRun, step, part };
}

function byPlace(a: StepPlace, b: StepPlace): number {
  return byText(a.workflowRun, b.workflowRun) || a.step - b.step || a.part - b.part;
}
