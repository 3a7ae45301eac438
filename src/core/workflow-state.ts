import { assert } from "./assert.ts";
import type { Json } from "./json.ts";
import { LiveParts } from "./live-parts.ts";
import { PlaceHeap } from "./place-heap.ts";
import { StepTable } from "./step-table.ts";
import type { PartRef, WorkflowEffects, WorkflowMemory } from "./workflow-effect.ts";
import type { WorkflowPlan } from "./workflow-plan.ts";
import {
  blankStep,
  isWorkflowEnded,
  type StepRow,
  type WorkflowEvent,
  type WorkflowRun,
} from "./workflow-run.ts";
import type { StepSpec } from "./workflow.ts";

/** How the tasks or items of a running step stand. */
export interface PartsTally {
  readonly total: number;
  readonly concurrencyMax: number;
  /** How many must succeed. */
  readonly needed: number;
  /** The first that was not begun. */
  next: number;
  live: number;
  ended: number;
  succeeded: number;
}

/** What one input has brought about so far. */
interface Draft {
  readonly starts: WorkflowEffects["starts"][number][];
  readonly cancels: WorkflowEffects["cancels"][number][];
  /** Their last state, by step and part, in the order in which they first changed. */
  readonly rows: Map<string, StepRow>;
  readonly events: WorkflowEvent[];
  isRunChanged: boolean;
}

const newDraft = (): Draft => ({
  starts: [],
  cancels: [],
  rows: new Map(),
  events: [],
  isRunChanged: false,
});

/**
 * Everything that a workflow run remembers between two inputs, and what the input under way has brought about.
 * The functions of the machine share it.
 */
export class WorkflowState {
  readonly plan: WorkflowPlan;
  readonly memory: WorkflowMemory;
  readonly params: { readonly [key: string]: Json };
  readonly table: StepTable;
  readonly live = new LiveParts();
  /** Of running steps with several parts. */
  readonly tallies = new Map<number, PartsTally>();
  /** Steps that wait for a time. */
  readonly timers = new PlaceHeap();
  /** Steps that are due to start something and have no room. */
  readonly line = new PlaceHeap();
  /** Steps that have ended, and whose children have not been looked at since. */
  readonly ended: number[] = [];
  /** What is still to be undone, once it is looked for. */
  toUndo: number[] | undefined;
  nowMs = 0;
  draft = newDraft();
  #run: WorkflowRun;
  /** Read once for an input, however many steps ask. */
  #keptEvents: readonly WorkflowEvent[] | undefined;

  constructor(run: WorkflowRun, plan: WorkflowPlan, memory: WorkflowMemory) {
    const { spec } = plan.workflow;
    this.#run = run;
    this.plan = plan;
    this.memory = memory;
    this.params = { ...spec.params, ...run.params };
    this.table = new StepTable(spec.steps.length);
    for (const [place, { tasks }] of spec.steps.entries())
      this.table.partsTotal[place] = tasks?.length ?? 0;
  }

  get run(): WorkflowRun {
    return this.#run;
  }

  /** Begins an input. */
  open(nowMs: number): void {
    this.nowMs = nowMs;
    this.draft = newDraft();
    this.#keptEvents = undefined;
  }

  /** Ends the input, and gives what it has brought about. */
  close(): WorkflowEffects {
    const { starts, cancels, rows, events, isRunChanged } = this.draft;
    if (isRunChanged) this.#run = { ...this.#run, counts: this.#counts() };
    this.draft = newDraft();
    this.#keptEvents = undefined;
    return {
      starts,
      cancels,
      rows: [...rows.values()],
      events,
      run: isRunChanged ? this.#run : null,
    };
  }

  /** Changes the run's own row: its version rises once for each input. */
  changeRun(change: Partial<WorkflowRun>): void {
    const version = this.#run.version + (this.draft.isRunChanged ? 0 : 1);
    this.#run = { ...this.#run, ...change, version };
    this.draft.isRunChanged = true;
  }

  get isPaused(): boolean {
    return this.#run.pausedMs !== null;
  }

  get isEnded(): boolean {
    return isWorkflowEnded(this.#run.phase);
  }

  /** Whether steps may start: a pause holds them, and so does everything that comes before and after running. */
  get mayStart(): boolean {
    return this.#run.phase.state === "running" && this.#run.pausedMs === null;
  }

  specOf(place: number): StepSpec {
    const spec = this.plan.workflow.spec.steps[place];
    assert(spec !== undefined, "a place is within the definition");
    return spec;
  }

  /** The row as it is, whether this input has written it or it is stored. */
  storedRow(place: number, part: number): StepRow | undefined {
    return this.draft.rows.get(keyOf(place, part)) ?? this.memory.row(place, part);
  }

  /** Every event of the run, also the one that it is being told. */
  get events(): readonly WorkflowEvent[] {
    const kept = (this.#keptEvents ??= this.memory.events());
    return this.draft.events.length === 0 ? kept : [...kept, ...this.draft.events];
  }

  /** The row of a step, when this input has written it. */
  draftedStep(place: number): StepRow | undefined {
    return this.draft.rows.get(keyOf(place, -1));
  }

  /** Writes the row of a step; its version rises once for each input. */
  putStep(row: Omit<StepRow, "version">): void {
    const { table, draft } = this;
    const key = keyOf(row.step, -1);
    const version = (table.version[row.step] ?? 0) + (draft.rows.has(key) ? 0 : 1);
    table.version[row.step] = version;
    draft.rows.set(key, { ...row, version });
  }

  /** Writes the row of a task or item, which ends once in a revision. */
  putPart(row: Omit<StepRow, "version">): void {
    // In the first revision there is nothing before it.
    const before = row.revision === 1 ? undefined : this.storedRow(row.step, row.part);
    const version = (before?.version ?? 0) + 1;
    this.draft.rows.set(keyOf(row.step, row.part), { ...row, version });
  }

  /** The row of a step, or of a part of it, before anything has happened to it. */
  blankRow(place: number, part: number): StepRow {
    return blankStep({
      workflowRun: this.#run.id,
      step: place,
      part,
      name: this.specOf(place).name,
      revision: this.table.revision[place] ?? 1,
    });
  }

  /** A part of the step's current revision. */
  refOf(place: number, part: number): PartRef {
    const revision = this.table.revision[place] ?? 1;
    return { step: place, part, revision, isCompensation: false };
  }

  /** Whether the parts that still live of a step that has succeeded were left to finish. */
  isLeftToFinish(place: number): boolean {
    const { table } = this;
    if (!table.is(place, "succeeded") || table.isMarked(place)) return false;
    return this.specOf(place).complete?.rest === "finish";
  }

  /** Whether a live part was not told to stop yet. That follows from how its step stands. */
  isAtWork({ step, revision, isCompensation }: PartRef): boolean {
    if (isCompensation || this.#run.phase.state !== "running") return false;
    if (revision !== this.table.revision[step]) return false;
    return this.table.is(step, "running") || this.isLeftToFinish(step);
  }

  cancelPart(ref: PartRef, reason: string): void {
    this.draft.cancels.push({ ...ref, reason });
  }

  #counts(): WorkflowRun["counts"] {
    const { table } = this;
    return {
      total: table.total,
      succeeded: table.countOf("succeeded"),
      failed: table.countOf("failed"),
      skipped: table.countOf("skipped"),
      canceled: table.countOf("canceled"),
    };
  }
}

function keyOf(place: number, part: number): string {
  return `${place}/${part}`;
}

export function msOrNull(ms: number | undefined): number | null {
  return ms === undefined || Number.isNaN(ms) ? null : ms;
}
