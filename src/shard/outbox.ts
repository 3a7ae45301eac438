import { isEnded, type Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { Job } from "../core/job.ts";
import type { JobTombstone, RecordsBatch } from "../ports/records.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";
import { WORKFLOW_OUTBOX_LIMITS, WorkflowOutbox, type WorkflowReceipt } from "./workflow-outbox.ts";

/** What a batch held, to be handed back once the records have it. */
export interface OutboxReceipt {
  readonly runs: readonly { readonly id: string; readonly version: number }[];
  readonly ticks: readonly Tick[];
  readonly jobs: readonly { readonly id: string; readonly version: number }[];
  readonly workflows: WorkflowReceipt;
}

/**
 * Which rows the records do not have yet. Runs and ticks need no entry of their own in storage: whatever
 * lies in the shard and is not known to be in the records is sent again after a start, and the records
 * keep the newer. Only changes of jobs and of workflows, which stay in the shard for ever, are listed in tables.
 */
export class Outbox {
  readonly #storage: ShardStorage;
  readonly #runs = new Set<string>();
  readonly #ticks = new Map<string, Tick>();
  readonly #jobs = new Set<string>();
  /** What is about workflows, their runs and steps. */
  readonly workflows: WorkflowOutbox;

  constructor(storage: ShardStorage) {
    this.#storage = storage;
    this.workflows = new WorkflowOutbox(storage);
  }

  clear(): void {
    this.#runs.clear();
    this.#ticks.clear();
    this.#jobs.clear();
    this.workflows.clear();
  }

  get size(): number {
    return this.#runs.size + this.#ticks.size + this.#jobs.size + this.workflows.size;
  }

  noteRun(runId: string): void {
    this.#runs.add(runId);
  }

  noteTick(tick: Tick): void {
    this.#ticks.set(`${tick.jobId}@${tick.nominalMs}`, tick);
  }

  noteJob(jobId: string): void {
    this.#jobs.add(jobId);
  }

  /** The next rows, oldest change first; undefined when the records have everything. */
  take(
    rowsMax: number,
    rows: {
      readonly jobOf: (jobId: string) => Job | undefined;
      readonly runOf: (runId: string) => Run | undefined;
    },
  ): { readonly batch: RecordsBatch; readonly receipt: OutboxReceipt } | undefined {
    if (this.size === 0) return undefined;
    const jobs: Job[] = [];
    const deletedJobs: JobTombstone[] = [];
    for (const jobId of first(this.#jobs, rowsMax)) {
      const entry = this.#storage.getJobOutbox(jobId);
      if (entry?.tombstone) {
        deletedJobs.push({ id: jobId, version: entry.version, ...entry.tombstone });
        continue;
      }
      const job = rows.jobOf(jobId);
      if (job === undefined || entry === undefined) this.#jobs.delete(jobId);
      else jobs.push(job);
    }
    const ticks = [...first(this.#ticks.values(), rowsMax - jobs.length - deletedJobs.length)];
    const room = rowsMax - jobs.length - deletedJobs.length - ticks.length;
    // Neither runs nor what is about workflows waits for the end of the others.
    const workflows = this.workflows.take(Math.max(room - this.#runs.size, Math.floor(room / 2)));
    const runs: Run[] = [];
    let chars = 0;
    for (const runId of first(this.#runs, room - countOf(workflows.receipt))) {
      const run = rows.runOf(runId);
      if (run === undefined) {
        this.#runs.delete(runId);
        continue;
      }
      runs.push(run);
      chars += charsOf(run);
      if (chars >= WORKFLOW_OUTBOX_LIMITS.batchCharsMax) break;
    }
    const receipt = {
      runs: runs.map(({ id, version }) => ({ id, version })),
      ticks,
      jobs: [...jobs, ...deletedJobs].map(({ id, version }) => ({ id, version })),
      workflows: workflows.receipt,
    };
    return { batch: { jobs, deletedJobs, runs, ticks, ...workflows.rows }, receipt };
  }

  /**
   * Forgets what the records confirmed, unless it has changed since. Runs that have ended leave the
   * shard, but for those that `isHeld` (their delivery is still out, so they are noted again when its
   * answer comes). Returns the runs that left.
   */
  acknowledge(
    receipt: OutboxReceipt,
    runOf: (runId: string) => Run | undefined,
    isHeld: (runId: string) => boolean,
  ): readonly string[] {
    const left: string[] = [];
    for (const { id, version } of receipt.runs) {
      const run = runOf(id);
      if (run === undefined || run.version !== version) continue;
      this.#runs.delete(id);
      if (!isEnded(run.phase) || isHeld(id)) continue;
      this.#storage.deleteRun(id);
      left.push(id);
    }
    for (const tick of receipt.ticks) this.#acknowledgeTick(tick);
    for (const { id, version } of receipt.jobs) this.#acknowledgeJob(id, version);
    this.workflows.acknowledge(receipt.workflows);
    return left;
  }

  #acknowledgeTick(tick: Tick): void {
    const key = `${tick.jobId}@${tick.nominalMs}`;
    if (this.#ticks.get(key) !== tick) return;
    this.#ticks.delete(key);
    this.#storage.deleteTick(tick.jobId, tick.nominalMs);
  }

  #acknowledgeJob(jobId: string, version: number): void {
    const entry = this.#storage.getJobOutbox(jobId);
    if (entry !== undefined && entry.version !== version) return;
    this.#jobs.delete(jobId);
    this.#storage.deleteJobOutbox(jobId, version);
  }
}

/** How long most of a run's row is. Only what is about workflows can be so long that it matters. */
function charsOf({ order, trigger, result }: Run): number {
  const { target, params } = order;
  if (trigger.kind !== "workflow" && target.kind !== "workflow") return 0;
  const body = target.kind === "webhook" ? target.body : null;
  return JSON.stringify([params, body, result]).length;
}

function countOf({ workflows, workflowRuns, steps }: WorkflowReceipt): number {
  return workflows.length + workflowRuns.length + steps.length;
}

function* first<T>(items: Iterable<T>, limit: number): Generator<T> {
  let count = 0;
  for (const item of items) {
    if (count++ >= limit) return;
    yield item;
  }
}
