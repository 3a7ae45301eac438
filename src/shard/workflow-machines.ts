import { assert } from "../core/assert.ts";
import { WorkflowMachine } from "../core/workflow-machine.ts";
import type { PartRef, WorkflowMemory } from "../core/workflow-effect.ts";
import type { WorkflowPlan } from "../core/workflow-plan.ts";
import type { StepRow, WorkflowRun } from "../core/workflow-run.ts";
import { isEnded } from "../core/run.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";
import type { ShardLimits } from "./limits.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { LiveWorkflow, LiveWorkflows } from "./live-workflows.ts";
import type { NearDue } from "./near-due.ts";
import { PAGE, wholePages } from "./pages.ts";
import { refOf, type PartNews } from "./part-news.ts";
import { RecentSteps } from "./recent-steps.ts";
import { WeightedMap } from "./weighted-map.ts";
import type { WorkflowDefinitions } from "./workflow-definitions.ts";

/** A machine has its run's own row in memory, too: so many characters of it weigh as much as a step. */
const CHARS_PER_STEP = 150;

export interface MachineDeps {
  readonly storage: ShardStorage;
  readonly limits: ShardLimits;
  readonly definitions: WorkflowDefinitions;
  readonly live: LiveWorkflows;
  readonly news: PartNews;
  /** The runs of the shard, among them those of steps, and its due table. */
  readonly runs: LiveRuns;
  readonly near: NearDue;
}

/**
 * The machines of workflow runs: each follows from what is stored and from the runs that live, so it is made
 * when it is needed, and may be forgotten between any two inputs.
 */
export class WorkflowMachines {
  readonly #deps: MachineDeps;
  readonly #machines: WeightedMap<string, WorkflowMachine>;
  readonly #recent: RecentSteps;

  constructor(deps: MachineDeps) {
    this.#deps = deps;
    this.#recent = new RecentSteps(deps.storage);
    this.#machines = new WeightedMap(deps.limits.machineStepsMax);
  }

  clear(): void {
    this.#machines.clear();
    this.#recent.clear();
  }

  /** Follows a write of a step's row. */
  wrote(row: StepRow): void {
    this.#recent.forget(row);
  }

  /** The machine, if it is in memory. */
  known(workflowRunId: string): WorkflowMachine | undefined {
    return this.#machines.get(workflowRunId);
  }

  /**
   * The machine of a workflow run that the shard holds; undefined when there is none. `untold` are parts that
   * have ended and whose ends it is about to be told: to it they live.
   */
  get(workflowRunId: string, untold: readonly PartRef[] = []): WorkflowMachine | undefined {
    const known = this.#machines.get(workflowRunId);
    if (known !== undefined) return known;
    const { storage, definitions, live, news } = this.#deps;
    const place = live.get(workflowRunId);
    const run = place === undefined ? undefined : storage.getWorkflowRun(workflowRunId);
    if (place === undefined || run === undefined) return undefined;
    const plan = definitions.plan(run.workflowId, run.workflowVersion);
    assert(plan !== undefined, "a version stays as long as a run of it does");
    const machine = new WorkflowMachine({ run, plan, memory: this.#memoryOf(run.id) });
    const parts = [...this.#livePartsOf(run.id), ...news.untoldOf(run.id), ...untold];
    machine.restore(this.#rowsOf(run.id), parts);
    this.#findDue(place, machine);
    this.#keep(machine);
    return machine;
  }

  /** The machine of a new workflow run, of which nothing is stored yet. */
  begin(run: WorkflowRun, plan: WorkflowPlan): WorkflowMachine {
    const machine = new WorkflowMachine({ run, plan, memory: this.#memoryOf(run.id) });
    machine.restore([], []);
    this.#keep(machine);
    return machine;
  }

  /** The machine of a workflow run that has left the shard, as if its rows were here: it is not kept. */
  ofOrigin(run: WorkflowRun, plan: WorkflowPlan, rows: readonly StepRow[]): WorkflowMachine {
    const byPlace = new Map(rows.map((row) => [`${row.step}/${row.part}`, row]));
    const memory: WorkflowMemory = {
      row: (step, part) => byPlace.get(`${step}/${part}`),
      events: () => [],
    };
    const machine = new WorkflowMachine({ run, plan, memory });
    machine.restore(rows, []);
    return machine;
  }

  forget(workflowRunId: string): void {
    this.#machines.delete(workflowRunId);
  }

  #keep(machine: WorkflowMachine): void {
    const { id, counts } = machine.run;
    const chars = JSON.stringify(machine.run).length;
    this.#machines.set(id, machine, Math.max(counts.total, chars / CHARS_PER_STEP));
  }

  #memoryOf(workflowRunId: string): WorkflowMemory {
    const { storage } = this.#deps;
    return {
      row: (step, part) => this.#recent.row(workflowRunId, step, part),
      events: () => storage.workflowEvents(workflowRunId),
    };
  }

  #rowsOf(workflowRunId: string): Iterable<StepRow> {
    const { storage } = this.#deps;
    const before = { step: -1, part: -1 };
    return wholePages((last?: StepRow) => storage.stepsAfter(workflowRunId, last ?? before, PAGE));
  }

  *#livePartsOf(workflowRunId: string): Generator<PartRef> {
    const { runs } = this.#deps;
    for (const runId of runs.liveOf(workflowRunId)) {
      const run = runs.get(runId);
      if (run?.trigger.kind === "workflow" && !isEnded(run.phase)) yield refOf(run.trigger);
    }
  }

  /** After a start nobody knows where its due entry is: nearly always where the machine would have it. */
  #findDue(place: LiveWorkflow, machine: WorkflowMachine): void {
    if (place.dueMs !== undefined) return;
    const { near, storage } = this.#deps;
    const { dueMs } = machine;
    const guess = dueMs === null ? undefined : storage.dueAt(dueMs, place.id);
    const entry = near.get(place.id) ?? guess ?? storage.scanDue(place.id);
    place.dueMs = entry?.dueMs ?? null;
  }
}
