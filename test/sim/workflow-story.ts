import { isEnded } from "../../src/core/run.ts";
import type { PartRef } from "../../src/core/workflow-effect.ts";
import {
  isStepEnded,
  type StepRow,
  type StepState,
  type WorkflowEvent,
  type WorkflowRun,
} from "../../src/core/workflow-run.ts";
import type { StepSpec, Workflow } from "../../src/core/workflow.ts";
import type { RunStory } from "./run-laws.ts";

/** How the steps stood when a revision began. */
export interface Standing {
  readonly run: WorkflowRun;
  readonly rows: ReadonlyMap<number, StepRow>;
}

/** What is known of one workflow run from the rows that it left in storage. */
export class WorkflowStory {
  readonly shard: number;
  /** The version that it is pinned to. */
  readonly workflow: Workflow;
  #row: WorkflowRun;
  /** Rows of its steps, by place. */
  readonly rows = new Map<number, StepRow>();
  /** Of tasks and items, by step and part. */
  readonly parts = new Map<string, StepRow>();
  readonly events: WorkflowEvent[] = [];
  /** Every run of it, by its place. */
  readonly runs = new Map<string, RunStory>();
  readonly live = new Set<RunStory>();
  /** Its own rows in the transaction under way, the one before that first. */
  readonly seen: WorkflowRun[] = [];
  /** Runs that the transaction under way has made. */
  readonly born: RunStory[] = [];
  /** Steps whose rows it has written. */
  readonly written = new Set<number>();
  /** How it stood before the revisions of the transaction under way. */
  readonly standings = new Map<number, Standing>();
  readonly children: readonly (readonly number[])[];
  readonly #places: ReadonlyMap<string, number>;
  /** It was stored before the transaction under way. */
  isKnown = false;
  isGone = false;

  constructor(row: WorkflowRun, workflow: Workflow, shard: number) {
    this.#row = row;
    this.workflow = workflow;
    this.shard = shard;
    const { steps } = workflow.spec;
    this.#places = new Map(steps.map(({ name }, place) => [name, place]));
    this.children = steps.map(({ name }) =>
      steps.flatMap(({ after = [] }, child) => (after.includes(name) ? [child] : [])),
    );
  }

  get row(): WorkflowRun {
    return this.#row;
  }

  get id(): string {
    return this.#row.id;
  }

  get steps(): readonly StepSpec[] {
    return this.workflow.spec.steps;
  }

  specOf(place: number): StepSpec {
    return this.steps[place] ?? { name: "" };
  }

  placeOf(name: string): number {
    return this.#places.get(name) ?? -1;
  }

  parentsOf(place: number): readonly number[] {
    return (this.specOf(place).after ?? []).map((name) => this.placeOf(name));
  }

  /** A new row of the run itself. */
  take(row: WorkflowRun): void {
    this.#row = row;
    this.seen.push(row);
  }

  /** Keeps how things stand when the first sign of a new revision shows. */
  stand(revision: number): void {
    if (revision <= this.#row.revision || this.standings.has(revision)) return;
    this.standings.set(revision, { run: this.#row, rows: new Map(this.rows) });
  }

  runOf(ref: Omit<PartRef, "isCompensation">): RunStory | undefined {
    return this.runs.get(refKey({ ...ref, isCompensation: false }));
  }

  /** Runs of a step in one revision, by their parts. */
  runsOf(step: number, revision: number): readonly RunStory[] {
    return [...this.runs.values()]
      .filter(({ row: { trigger } }) => {
        if (trigger.kind !== "workflow" || trigger.isCompensation) return false;
        return trigger.step === step && trigger.revision === revision;
      })
      .toSorted((a, b) => partOf(a) - partOf(b));
  }

  /** Where a step stands: without a row it is pending, or its runs are at work. */
  stateOf(place: number): StepState {
    const row = this.rows.get(place);
    if (row !== undefined && row.state !== "pending") return row.state;
    const from = row?.revision ?? 1;
    for (let revision = from; revision <= this.#row.revision; revision++)
      if (this.runsOf(place, revision).length > 0) return "running";
    return "pending";
  }

  get areAllEnded(): boolean {
    return this.steps.every((_, place) => isStepEnded(this.stateOf(place)));
  }

  /** The transaction is over, and judged. */
  settle(): void {
    this.seen.length = 0;
    this.born.length = 0;
    this.written.clear();
    this.standings.clear();
    this.isKnown = true;
    for (const run of this.live) if (isEnded(run.row.phase)) this.live.delete(run);
  }
}

export function refKey({ step, part, revision, isCompensation }: PartRef): string {
  return `${step}/${part}/${revision}${isCompensation ? " undo" : ""}`;
}

export function partOf({ row }: RunStory): number {
  return row.trigger.kind === "workflow" ? row.trigger.part : -1;
}
