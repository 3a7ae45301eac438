import { isDeepStrictEqual } from "node:util";
import type { Job } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { StepRow, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import type { JobTombstone, RecordsBatch } from "../../src/ports/records.ts";
import type { StepPlace } from "../../src/ports/shard-storage.ts";
import type { WorkflowRunOrigin } from "../../src/ports/workflow-commands.ts";
import type { Dice } from "../support/prng.ts";
import { hold, type Scene } from "./scene.ts";

/** The records as their contract describes them: they keep the newer row, and can be out of reach. */
export class ModelRecords {
  readonly runs = new Map<string, Run>();
  readonly ticks = new Map<string, Tick>();
  readonly jobs = new Map<string, Job>();
  readonly deletedJobs = new Map<string, JobTombstone>();
  /** By id and version. */
  readonly workflows = new Map<string, Workflow>();
  readonly deletedWorkflows = new Map<string, JobTombstone>();
  readonly workflowRuns = new Map<string, WorkflowRun>();
  /** By workflow run, step and part. */
  readonly steps = new Map<string, StepRow>();
  readonly #scene: Scene;
  readonly #dice: Dice;
  #awayUntilMs = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#dice = scene.dice("records");
  }

  goAway(ms: number): void {
    this.#scene.reach("fault: records away");
    this.#awayUntilMs = Math.max(this.#awayUntilMs, this.#scene.agenda.nowMs + ms);
  }

  comeBack(): void {
    this.#awayUntilMs = 0;
  }

  /** Whether the shard learns that the rows are kept. They may be kept without it. */
  write(batch: RecordsBatch): boolean {
    const { agenda, faults } = this.#scene;
    if (agenda.nowMs < this.#awayUntilMs) return false;
    for (const run of batch.runs) this.#keepRun(run);
    for (const tick of batch.ticks) this.#keepTick(tick);
    for (const job of batch.jobs) if (this.#isNewer(job)) this.jobs.set(job.id, job);
    for (const job of batch.deletedJobs) if (this.#isNewer(job)) this.deletedJobs.set(job.id, job);
    this.#keepWorkflows(batch);
    if (!this.#dice.chance(faults.recordsReplyLost)) return true;
    this.#scene.reach("fault: records applied, reply lost");
    return false;
  }

  #isNewer({ id, version }: { readonly id: string; readonly version: number }): boolean {
    const known = this.deletedJobs.get(id) ?? this.jobs.get(id);
    return known === undefined || known.version <= version;
  }

  #keepRun(run: Run): void {
    keepNewer(this.runs, run.id, run);
  }

  #keepWorkflows({ workflows, deletedWorkflows, workflowRuns, steps }: RecordsBatch): void {
    for (const workflow of workflows)
      keepNewer(this.workflows, `${workflow.id}@${workflow.version}`, workflow);
    for (const gone of deletedWorkflows) keepNewer(this.deletedWorkflows, gone.id, gone);
    for (const run of workflowRuns) keepNewer(this.workflowRuns, run.id, run);
    for (const row of steps) keepNewer(this.steps, stepKey(row), row);
  }

  /** A workflow run with everything that is needed to bring it back; undefined when not all of it is there. */
  originOf(workflowRun: string): WorkflowRunOrigin | undefined {
    const run = this.workflowRuns.get(workflowRun);
    const workflow = this.workflows.get(`${run?.workflowId}@${run?.workflowVersion}`);
    if (run === undefined || workflow === undefined) return undefined;
    const steps = [...this.steps.values()].filter((row) => row.workflowRun === workflowRun);
    return { run, workflow, steps };
  }

  #keepTick(tick: Tick): void {
    const key = `${tick.jobId}@${tick.nominalMs}`;
    const known = this.ticks.get(key);
    if (known !== undefined) hold("S4 a tick's fate stays", isSame(known, tick), () => key);
    this.ticks.set(key, tick);
  }
}

function keepNewer<T extends { readonly version: number }>(
  rows: Map<string, T>,
  key: string,
  row: T,
): void {
  const known = rows.get(key);
  if (known !== undefined && known.version === row.version)
    hold("S4 one version, one row", isSame(known, row), () => `${key} v${row.version}`);
  if (known === undefined || known.version < row.version) rows.set(key, row);
}

export function stepKey({ workflowRun, step, part }: StepPlace): string {
  return `${workflowRun}/${step}/${part}`;
}

/** The same row: storage may give its fields back in another order. */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
