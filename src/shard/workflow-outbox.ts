import type { Json } from "../core/json.ts";
import { TimingWheel } from "../core/wheel.ts";
import { isWorkflowEnded, type StepRow, type WorkflowRun } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";
import type { RecordsBatch } from "../ports/records.ts";
import type { ShardStorage, StepPlace, WorkflowOutboxEntry } from "../ports/shard-storage.ts";

/**
 * How long a workflow run stays after its end: an action of a person finds it here, and not on its way to the
 * records, where two actions at once could both bring it back.
 */
export const WORKFLOW_KEPT_MS = 600_000;

export const WORKFLOW_OUTBOX_LIMITS = {
  /** Rows that workflow runs which leave may take with them in one transaction. */
  leavingRowsMax: 500,
  /** Characters in one batch for the records; the first row may be longer. */
  batchCharsMax: 4_000_000,
} as const;

type Rows = Pick<RecordsBatch, "workflows" | "deletedWorkflows" | "workflowRuns" | "steps">;

/** A change of a row. Each is an object of its own, so that a later change of the same row is told from it. */
interface NotedRun {
  readonly id: string;
}

/** What a batch held of workflows, to be handed back once the records have it. */
export interface WorkflowReceipt {
  readonly workflows: readonly WorkflowOutboxEntry[];
  readonly workflowRuns: readonly { readonly noted: NotedRun; readonly endedMs: number | null }[];
  readonly steps: readonly StepPlace[];
}

/**
 * Which rows about workflows the records do not have yet, and which workflow runs may leave the shard. A run may
 * leave once it has ended, the records have it with all its steps, and `WORKFLOW_KEPT_MS` have passed since its
 * end. Its own row goes first: what remains of a long run after that is deleted a part at a time, and found again
 * by the next start. A change of the run takes all that back.
 */
export class WorkflowOutbox {
  readonly #storage: ShardStorage;
  readonly #workflows = new Map<string, WorkflowOutboxEntry>();
  readonly #runs = new Map<string, NotedRun>();
  /** By workflow run and place. */
  readonly #steps = new Map<string, Map<string, StepPlace>>();
  #stepCount = 0;
  /** When they ended: runs whose last row the records have, in its newest version. */
  readonly #ended = new Map<string, number>();
  /** Those of which the records have every step, too, by the time at which they may leave. */
  readonly #leaving = new TimingWheel<string>();
  /** Runs whose own row has gone, with steps that have not. */
  readonly #strays = new Set<string>();

  constructor(storage: ShardStorage) {
    this.#storage = storage;
  }

  clear(): void {
    for (const memory of [this.#workflows, this.#runs, this.#steps, this.#ended]) memory.clear();
    this.#leaving.clear();
    this.#strays.clear();
    this.#stepCount = 0;
  }

  get size(): number {
    return this.#workflows.size + this.#runs.size + this.#stepCount;
  }

  noteWorkflow(entry: WorkflowOutboxEntry): void {
    this.#workflows.set(keyOf(entry.workflowId, entry.version), entry);
  }

  /** Whether the records lack this version: until they have it, it must stay. */
  hasWorkflow(workflowId: string, version: number): boolean {
    return this.#workflows.has(keyOf(workflowId, version));
  }

  noteRun(workflowRunId: string): void {
    this.#runs.set(workflowRunId, { id: workflowRunId });
    this.#ended.delete(workflowRunId);
    this.#leaving.cancel(workflowRunId);
    this.#strays.delete(workflowRunId);
  }

  noteStep({ workflowRun, step, part }: StepPlace): void {
    const places = this.#steps.get(workflowRun) ?? new Map<string, StepPlace>();
    this.#steps.set(workflowRun, places);
    const before = places.size;
    places.set(placeKey(step, part), { workflowRun, step, part });
    this.#stepCount += places.size - before;
    this.#leaving.cancel(workflowRun);
  }

  /** A start has found steps of a run whose own row is gone. */
  noteStray(workflowRunId: string): void {
    this.#strays.add(workflowRunId);
  }

  /** The next rows, at most so many, and fewer where they are long. Rows that are not there are as good as sent. */
  take(rowsMax: number): { readonly rows: Rows; readonly receipt: WorkflowReceipt } {
    const batch = new Batch(rowsMax);
    for (const entry of this.#workflows.values()) {
      if (batch.isFull) break;
      batch.addWorkflow(entry, this.#storage);
    }
    for (const noted of this.#runs.values()) {
      if (batch.isFull) break;
      batch.addRun(noted, this.#storage);
    }
    for (const places of this.#steps.values()) {
      for (const place of places.values()) {
        if (batch.isFull) break;
        batch.addStep(place, this.#storage);
      }
      if (batch.isFull) break;
    }
    return batch;
  }

  /** Forgets what the records have, unless it has changed since. */
  acknowledge({ workflows, workflowRuns, steps }: WorkflowReceipt): void {
    for (const entry of workflows) {
      const key = keyOf(entry.workflowId, entry.version);
      if (this.#workflows.get(key) !== entry) continue;
      this.#workflows.delete(key);
      this.#storage.deleteWorkflowOutbox(entry.workflowId, entry.version);
    }
    for (const { noted, endedMs } of workflowRuns) {
      if (this.#runs.get(noted.id) !== noted) continue;
      this.#runs.delete(noted.id);
      if (endedMs === null) continue;
      this.#ended.set(noted.id, endedMs);
      this.#mayLeave(noted.id);
    }
    for (const place of steps) this.#acknowledgeStep(place);
  }

  #acknowledgeStep(place: StepPlace): void {
    const { workflowRun, step, part } = place;
    const places = this.#steps.get(workflowRun);
    const key = placeKey(step, part);
    if (places?.get(key) !== place) return;
    places.delete(key);
    this.#stepCount--;
    if (places.size > 0) return;
    this.#steps.delete(workflowRun);
    this.#mayLeave(workflowRun);
  }

  #mayLeave(workflowRunId: string): void {
    const endedMs = this.#ended.get(workflowRunId);
    if (endedMs === undefined || this.#steps.has(workflowRunId)) return;
    this.#leaving.insert(workflowRunId, endedMs + WORKFLOW_KEPT_MS);
  }

  /** When `takeLeaving` has something to do; undefined when nothing leaves. No alarm is worth it. */
  nextLeavingMs(nowMs: number): number | undefined {
    return this.#strays.size > 0 ? nowMs : this.#leaving.nextDueMs();
  }

  /**
   * Deletes workflow runs whose time here is over, a bounded number of rows in the transaction under way. Returns
   * those that the shard does not hold any more.
   */
  takeLeaving(nowMs: number): readonly string[] {
    const left: string[] = [];
    let room = WORKFLOW_OUTBOX_LIMITS.leavingRowsMax;
    for (const workflowRunId of this.#strays) {
      if (room <= 0) return left;
      room -= this.#delete(workflowRunId, room);
    }
    while (room > 0) {
      const [workflowRunId] = this.#leaving.advance(nowMs, 1);
      if (workflowRunId === undefined) break;
      this.#ended.delete(workflowRunId);
      left.push(workflowRunId);
      room -= 1 + this.#delete(workflowRunId, room);
    }
    return left;
  }

  /** Deletes what there is room for; returns how many steps that were. */
  #delete(workflowRunId: string, stepsMax: number): number {
    const deleted = this.#storage.deleteWorkflowRun(workflowRunId, stepsMax);
    if (deleted < stepsMax) this.#strays.delete(workflowRunId);
    else this.#strays.add(workflowRunId);
    return deleted;
  }
}

/** The rows of one batch, as they are gathered. */
class Batch {
  readonly #rowsMax: number;
  #count = 0;
  #chars = 0;
  readonly #workflows: Workflow[] = [];
  readonly #gone: Rows["deletedWorkflows"][number][] = [];
  readonly #runs: WorkflowRun[] = [];
  readonly #steps: StepRow[] = [];
  readonly #entries: WorkflowOutboxEntry[] = [];
  readonly #noted: WorkflowReceipt["workflowRuns"][number][] = [];
  readonly #places: StepPlace[] = [];

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  get isFull(): boolean {
    return this.#count >= this.#rowsMax || this.#chars >= WORKFLOW_OUTBOX_LIMITS.batchCharsMax;
  }

  get rows(): Rows {
    return {
      workflows: this.#workflows,
      deletedWorkflows: this.#gone,
      workflowRuns: this.#runs,
      steps: this.#steps,
    };
  }

  get receipt(): WorkflowReceipt {
    return { workflows: this.#entries, workflowRuns: this.#noted, steps: this.#places };
  }

  addWorkflow(entry: WorkflowOutboxEntry, storage: ShardStorage): void {
    const { workflowId, version, tombstone } = entry;
    this.#entries.push(entry);
    this.#count++;
    if (tombstone !== null) {
      this.#gone.push({ id: workflowId, version, ...tombstone });
      return;
    }
    const workflow = storage.getWorkflowVersion(workflowId, version);
    if (workflow === undefined) return;
    this.#chars += charsOf(workflow.spec);
    this.#workflows.push(workflow);
  }

  addRun(noted: NotedRun, storage: ShardStorage): void {
    const run = storage.getWorkflowRun(noted.id);
    const endedMs = run !== undefined && isWorkflowEnded(run.phase) ? run.phase.endedMs : null;
    this.#noted.push({ noted, endedMs });
    this.#count++;
    if (run === undefined) return;
    this.#chars += charsOf(run.output) + charsOf(run.params) + charsOf(run.context);
    this.#runs.push(run);
  }

  addStep(place: StepPlace, storage: ShardStorage): void {
    const row = storage.getStep(place.workflowRun, place.step, place.part);
    this.#places.push(place);
    this.#count++;
    if (row === undefined) return;
    this.#chars += charsOf(row.output) + charsOf(row.items);
    this.#steps.push(row);
  }
}

/** How long most of a row is: what may be long in it. */
function charsOf(json: Json | Workflow["spec"]): number {
  return JSON.stringify(json).length;
}

function keyOf(workflowId: string, version: number): string {
  return `${workflowId}@${version}`;
}

function placeKey(step: number, part: number): string {
  return `${step}.${part}`;
}
