import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { LiveRows } from "../ports/live-feed.ts";
import type { StepView } from "../ports/workflow-commands.ts";

/** Rows of one namespace that wait to be told: beyond that those who watch load anew. */
const ROWS_MAX = 20_000;

/** What is to be told of one namespace. */
export interface LiveNote {
  readonly namespace: string;
  readonly rows: LiveRows;
}

/** By id, so that a row that was saved twice is told once, as it is now. */
class NamespaceNotes {
  readonly jobs = new Map<string, Job>();
  readonly deletedJobs = new Map<string, LiveRows["deletedJobs"][number]>();
  readonly runs = new Map<string, Run>();
  readonly workflowRuns = new Map<string, WorkflowRun>();
  readonly steps = new Map<string, StepView>();
  isWhole = true;

  merge(later: NamespaceNotes): void {
    laidOver(this.jobs, later.jobs);
    laidOver(this.deletedJobs, later.deletedJobs);
    laidOver(this.runs, later.runs);
    laidOver(this.workflowRuns, later.workflowRuns);
    laidOver(this.steps, later.steps);
    for (const id of this.deletedJobs.keys()) this.jobs.delete(id);
    this.isWhole &&= later.isWhole;
    this.bound();
  }

  /** Forgets all rows when they are too many. */
  bound(): void {
    const { jobs, deletedJobs, runs, workflowRuns, steps } = this;
    const rows = [jobs, deletedJobs, runs, workflowRuns, steps];
    if (rows.reduce((sum, { size }) => sum + size, 0) <= ROWS_MAX) return;
    for (const some of rows) some.clear();
    this.isWhole = false;
  }

  rows(): LiveRows {
    return {
      jobs: [...this.jobs.values()],
      deletedJobs: [...this.deletedJobs.values()],
      runs: [...this.runs.values()],
      workflowRuns: [...this.workflowRuns.values()],
      steps: [...this.steps.values()],
      executors: [],
      isWhole: this.isWhole,
    };
  }
}

/**
 * The rows that were saved in namespaces that somebody watches. Those of a transaction that failed are
 * forgotten; the shell takes the others and tells them. While nobody watches, nothing is noted.
 */
export class LiveNotes {
  /** Whether anybody watches a namespace: the shell says. */
  isWatched: (namespace: string) => boolean = () => false;
  #pending = new Map<string, NamespaceNotes>();
  #kept = new Map<string, NamespaceNotes>();

  job(job: Job): void {
    this.#of(job.namespace)?.jobs.set(job.id, job);
  }

  deletedJob({ id, namespace, spec }: Job): void {
    this.#of(namespace)?.deletedJobs.set(id, { id, namespace, name: spec.name });
  }

  run(run: Run): void {
    this.#of(run.namespace)?.runs.set(run.id, run);
  }

  workflowRun(run: WorkflowRun): void {
    this.#of(run.namespace)?.workflowRuns.set(run.id, run);
  }

  step(namespace: string, step: StepView): void {
    const { workflowRun, step: place } = step.row;
    this.#of(namespace)?.steps.set(`${workflowRun}/${place}`, step);
  }

  /** The transaction was committed. */
  keep(): void {
    if (this.#pending.size === 0) return;
    for (const [namespace, notes] of this.#pending) {
      const kept = this.#kept.get(namespace) ?? new NamespaceNotes();
      kept.merge(notes);
      this.#kept.set(namespace, kept);
    }
    this.#pending.clear();
  }

  /** The transaction has failed. */
  discard(): void {
    this.#pending.clear();
  }

  /** What was committed since the last time. */
  take(): readonly LiveNote[] {
    if (this.#kept.size === 0) return [];
    const taken = [...this.#kept].map(([namespace, notes]) => ({ namespace, rows: notes.rows() }));
    this.#kept.clear();
    return taken;
  }

  #of(namespace: string): NamespaceNotes | undefined {
    if (!this.isWatched(namespace)) return undefined;
    const known = this.#pending.get(namespace);
    if (known !== undefined) {
      known.bound();
      return known;
    }
    const notes = new NamespaceNotes();
    this.#pending.set(namespace, notes);
    return notes;
  }
}

function laidOver<T>(rows: Map<string, T>, later: ReadonlyMap<string, T>): void {
  for (const [id, row] of later) rows.set(id, row);
}
