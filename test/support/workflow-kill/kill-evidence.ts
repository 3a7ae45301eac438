import type { z } from "@hono/zod-openapi";
import type { RunJson } from "../../../src/api/run-json.ts";
import type { workflowRunFullOut } from "../../../src/api/workflow-graph-json.ts";
import type { WorkflowRunJson } from "../../../src/api/workflow-run-json.ts";
import type { StepSpec } from "../../../src/core/workflow.ts";
import type { Arrival } from "../sink.ts";
import type { Kill } from "../kill-check.ts";
import type { Accounted } from "../ledger.ts";
import type { SentWorkflow } from "./kill-workflows.ts";
import type { PartOfStep, StepArrival } from "./step-sink.ts";
import type { Repeat, SentEvent, Started } from "./workflow-load.ts";
import type { Control } from "./workflow-controls.ts";

export type FullRun = z.infer<typeof workflowRunFullOut>;
export type GraphStep = FullRun["graph"]["steps"][number];

/** What the sink wrote down, what the host said yes to, and what it says now that everything is at rest. */
export interface Gathered {
  readonly workflows: readonly SentWorkflow[];
  readonly log: readonly StepArrival[];
  readonly strange: readonly Arrival[];
  readonly started: readonly Started[];
  readonly events: readonly SentEvent[];
  readonly repeats: readonly Repeat[];
  readonly controls: readonly Control[];
  readonly kills: readonly Kill[];
  readonly downs: readonly Kill[];
  readonly listed: readonly WorkflowRunJson[];
  readonly full: readonly FullRun[];
  readonly runs: readonly RunJson[];
  readonly single: readonly RunJson[];
  readonly ticks: {
    readonly anchorMs: number;
    readonly createdMs: number;
    readonly pausedMs: number;
    readonly ledger: readonly Accounted[];
  };
}

/** An arrival may be written down this much after the kill that followed its sending. */
const LOG_LAG_MS = 1_000;

/** The same with what is looked up again and again, and where violations are collected. */
export class KillEvidence {
  readonly all: Gathered;
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  readonly specs: ReadonlyMap<string, SentWorkflow>;
  readonly full: ReadonlyMap<string, FullRun>;
  readonly runs: ReadonlyMap<string, RunJson>;
  /** By workflow run and step, compensation aside. */
  readonly #work: ReadonlyMap<string, readonly StepArrival[]>;
  readonly #undone: ReadonlyMap<string, readonly StepArrival[]>;
  readonly #controls: ReadonlyMap<string, readonly Control[]>;
  readonly #startedBy: ReadonlyMap<string, readonly FullRun[]>;
  readonly #stepRuns: ReadonlyMap<string, readonly RunJson[]>;

  constructor(all: Gathered) {
    this.all = all;
    this.specs = new Map(all.workflows.map((spec) => [spec.name, spec]));
    this.full = new Map(all.full.map((run) => [run.id, run]));
    this.runs = new Map(all.runs.map((run) => [run.id, run]));
    this.#work = Map.groupBy(
      all.log.filter(({ isCompensation }) => !isCompensation),
      (arrival) => placeOf(arrival.workflowRun, arrival.step),
    );
    this.#undone = Map.groupBy(
      all.log.filter(({ isCompensation }) => isCompensation),
      ({ workflowRun }) => workflowRun,
    );
    this.#controls = Map.groupBy(
      all.controls.filter(({ isTaken }) => isTaken),
      ({ workflowRun }) => workflowRun,
    );
    this.#startedBy = Map.groupBy(all.full, ({ trigger }) => trigger.run ?? "");
    this.#stepRuns = Map.groupBy(all.runs, ({ workflow }) =>
      workflow === null || workflow.compensation ? "" : placeOf(workflow.run, workflow.step),
    );
  }

  specOf(run: Pick<FullRun, "workflow">): SentWorkflow {
    const spec = this.specs.get(run.workflow);
    if (spec === undefined) throw new Error(`there is a workflow ${run.workflow}`);
    return spec;
  }

  stepOf(run: FullRun, name: string): StepSpec {
    const step = this.specOf(run).steps.find((known) => known.name === name);
    if (step === undefined) throw new Error(`${run.workflow} has a step ${name}`);
    return step;
  }

  /** What the sink was sent of a step's work. */
  workOf(workflowRun: string, step: string): readonly StepArrival[] {
    return this.#work.get(placeOf(workflowRun, step)) ?? [];
  }

  /** The same of the newest revision up to one: whatever came before was to be done again. */
  workUpTo(workflowRun: string, step: string, revisionMax: number): readonly StepArrival[] {
    const work = this.workOf(workflowRun, step).filter(({ revision }) => revision <= revisionMax);
    const newest = Math.max(0, ...work.map(({ revision }) => revision));
    return work.filter(({ revision }) => revision === newest);
  }

  undoneOf(workflowRun: string): readonly StepArrival[] {
    return this.#undone.get(workflowRun) ?? [];
  }

  /** What was done to a workflow run, in the order of the answers. */
  controlsOf(workflowRun: string, ...actions: readonly string[]): readonly Control[] {
    const controls = this.#controls.get(workflowRun) ?? [];
    return actions.length === 0
      ? controls
      : controls.filter(({ action }) => actions.includes(action));
  }

  /** The workflow runs that a run has started: one for each attempt that began. */
  startedBy(run: string): readonly FullRun[] {
    return this.#startedBy.get(run) ?? [];
  }

  /** The same of the runs of a step that is a workflow. */
  nestedIn(workflowRun: string, step: string, revisionMax: number): readonly FullRun[] {
    const runs = (this.#stepRuns.get(placeOf(workflowRun, step)) ?? []).filter(
      ({ workflow }) => (workflow?.revision ?? 0) <= revisionMax,
    );
    const newest = Math.max(0, ...runs.map(({ workflow }) => workflow?.revision ?? 0));
    return runs
      .filter(({ workflow }) => workflow?.revision === newest)
      .flatMap(({ id }) => this.startedBy(id));
  }

  /** A workflow run with all that its steps have started, however deep. */
  treeOf(root: FullRun): readonly FullRun[] {
    const tree = [root];
    // The list grows while it is walked.
    for (const run of tree)
      for (const { name } of run.graph.steps)
        for (const { id } of this.#stepRuns.get(placeOf(run.id, name)) ?? [])
          tree.push(...this.startedBy(id));
    return tree;
  }

  /** Whether the host was killed at some time within the span. */
  wasKilled(fromMs: number, toMs: number): boolean {
    return this.all.kills.some((kill) => kill.toMs >= fromMs - LOG_LAG_MS && kill.fromMs <= toMs);
  }

  /** `afterMs` of a host that is up, from an instant on. */
  later(fromMs: number, afterMs: number): number {
    let atMs = fromMs + afterMs;
    for (const down of this.all.downs)
      if (down.fromMs <= atMs && down.toMs >= fromMs) atMs = Math.max(atMs, down.toMs + afterMs);
    return atMs;
  }

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  violate(what: string, whose: string): void {
    this.violations.push(`${what}: ${whose}`);
  }

  /** What must be so; it is a violation if it is not. */
  demand(isSo: boolean, what: string, whose: string): void {
    if (!isSo) this.violate(what, whose);
  }
}

/** The first arrival of each run: when it began as the sink knows it. */
export function firstOfEachRun(log: readonly StepArrival[]): readonly StepArrival[] {
  const first = new Map<string, StepArrival>();
  for (const arrival of log) if (!first.has(arrival.run)) first.set(arrival.run, arrival);
  return [...first.values()];
}

export function partText(part: PartOfStep): string {
  const { workflowRun, step, part: index, revision, isCompensation } = part;
  const undo = isCompensation ? " undone" : "";
  return `${workflowRun} ${step}${index < 0 ? "" : `/${index}`} r${revision}${undo}`;
}

function placeOf(workflowRun: string, step: string): string {
  return `${workflowRun} ${step}`;
}
