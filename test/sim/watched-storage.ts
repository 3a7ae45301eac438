import type { Backfill } from "../../src/core/backfill.ts";
import type { Job } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { DirectoryCopy, DueEntry, ShardStorage } from "../../src/ports/shard-storage.ts";
import { watchWorkflows, type WorkflowChange } from "./watched-workflows.ts";

/** A write that storage refused, as a full disk does. */
export class StorageFault extends Error {}
/** The process has died. */
export class Crash extends Error {}

export type Change =
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "tick"; readonly tick: Tick }
  | { readonly kind: "job"; readonly job: Job }
  | { readonly kind: "jobGone"; readonly jobId: string }
  /** `fromMs` is when it was due before; null for a new row. */
  | { readonly kind: "due"; readonly entry: DueEntry; readonly fromMs: number | null }
  | { readonly kind: "dueGone"; readonly jobId: string; readonly dueMs: number }
  | { readonly kind: "copy"; readonly copy: DirectoryCopy }
  | { readonly kind: "backfill"; readonly backfill: Backfill }
  | { readonly kind: "backfillGone"; readonly id: string }
  | WorkflowChange;

/** What is to go wrong in the next transaction. */
export type TransactionFault =
  | { readonly kind: "none" }
  | { readonly kind: "write"; readonly nth: number }
  | { readonly kind: "crash"; readonly nth: number };

export interface WatchedStorage {
  readonly storage: ShardStorage;
  /** Takes effect once, in the next transaction that writes so much. */
  arm(fault: TransactionFault): void;
}

/**
 * A shard's storage with an eye on it: after each commit it tells what was written, in order, and it
 * throws where it was told to. What it guards is the real storage, with its own rollback.
 */
export function watchStorage(
  inner: ShardStorage,
  onCommit: (changes: readonly Change[]) => void,
): WatchedStorage {
  let changes: Change[] = [];
  let fault: TransactionFault = { kind: "none" };
  let writes = 0;

  const wrote = (change?: Change): void => {
    if (change !== undefined) changes.push(change);
    writes++;
    if (fault.kind === "none" || writes < fault.nth) return;
    const { kind } = fault;
    fault = { kind: "none" };
    throw kind === "write" ? new StorageFault("disk full") : new Crash("crash in a transaction");
  };

  const storage: ShardStorage = {
    ...readsOf(inner),
    ...watchWorkflows(inner, wrote),
    transaction: (work) => {
      changes = [];
      writes = 0;
      const value = inner.transaction(() => {
        const done = work();
        if (fault.kind === "crash") {
          fault = { kind: "none" };
          throw new Crash("crash before the commit");
        }
        return done;
      });
      fault = { kind: "none" };
      const committed = changes;
      changes = [];
      if (committed.length > 0) onCommit(committed);
      return value;
    },
    putMeta: (key, value) => (inner.putMeta(key, value), wrote()),
    putJob: (job) => (inner.putJob(job), wrote({ kind: "job", job })),
    deleteJob: (jobId) => (inner.deleteJob(jobId), wrote({ kind: "jobGone", jobId })),
    insertDue: (entry) => (inner.insertDue(entry), wrote({ kind: "due", entry, fromMs: null })),
    moveDue: (fromMs, entry) => (
      inner.moveDue(fromMs, entry),
      wrote({ kind: "due", entry, fromMs })
    ),
    deleteDue: (dueMs, jobId) => (
      inner.deleteDue(dueMs, jobId),
      wrote({ kind: "dueGone", jobId, dueMs })
    ),
    putRun: (run) => (inner.putRun(run), wrote({ kind: "run", run })),
    deleteRun: (runId) => (inner.deleteRun(runId), wrote()),
    putTick: (tick) => (inner.putTick(tick), wrote({ kind: "tick", tick })),
    deleteTick: (jobId, nominalMs) => (inner.deleteTick(jobId, nominalMs), wrote()),
    putJobOutbox: (entry) => (inner.putJobOutbox(entry), wrote()),
    deleteJobOutbox: (jobId, version) => (inner.deleteJobOutbox(jobId, version), wrote()),
    putIdempotency: (entry) => (inner.putIdempotency(entry), wrote()),
    purgeIdempotency: (nowMs, limit) => inner.purgeIdempotency(nowMs, limit),
    putCopy: (copy) => (inner.putCopy(copy), wrote({ kind: "copy", copy })),
    deleteCopy: (key) => (inner.deleteCopy(key), wrote()),
    putBackfill: (backfill) => (inner.putBackfill(backfill), wrote({ kind: "backfill", backfill })),
    deleteBackfill: (id) => (inner.deleteBackfill(id), wrote({ kind: "backfillGone", id })),
  };
  return {
    storage,
    arm: (next) => {
      fault = next;
    },
  };
}

type Reads = Pick<
  ShardStorage,
  | "getMeta"
  | "getJob"
  | "getJobByName"
  | "getJobs"
  | "countJobs"
  | "jobsOfCalendar"
  | "dueAt"
  | "scanDue"
  | "dueBetween"
  | "earliestDueMs"
  | "countDue"
  | "getRun"
  | "getRuns"
  | "runsAfter"
  | "ticksAfter"
  | "jobOutboxAfter"
  | "getJobOutbox"
  | "countJobOutbox"
  | "getIdempotency"
  | "getCopy"
  | "copies"
  | "getBackfill"
  | "backfillsOfJob"
>;

function readsOf(inner: ShardStorage): Reads {
  return {
    getMeta: (key) => inner.getMeta(key),
    getJob: (jobId) => inner.getJob(jobId),
    getJobByName: (namespace, name) => inner.getJobByName(namespace, name),
    getJobs: (jobIds) => inner.getJobs(jobIds),
    countJobs: () => inner.countJobs(),
    jobsOfCalendar: (namespace, name) => inner.jobsOfCalendar(namespace, name),
    dueAt: (dueMs, jobId) => inner.dueAt(dueMs, jobId),
    scanDue: (jobId) => inner.scanDue(jobId),
    dueBetween: (range) => inner.dueBetween(range),
    earliestDueMs: () => inner.earliestDueMs(),
    countDue: () => inner.countDue(),
    getRun: (runId) => inner.getRun(runId),
    getRuns: (runIds) => inner.getRuns(runIds),
    runsAfter: (afterId, limit) => inner.runsAfter(afterId, limit),
    ticksAfter: (after) => inner.ticksAfter(after),
    jobOutboxAfter: (afterJobId, limit) => inner.jobOutboxAfter(afterJobId, limit),
    getJobOutbox: (jobId) => inner.getJobOutbox(jobId),
    countJobOutbox: () => inner.countJobOutbox(),
    getIdempotency: (key) => inner.getIdempotency(key),
    getCopy: (key) => inner.getCopy(key),
    copies: () => inner.copies(),
    getBackfill: (backfillId) => inner.getBackfill(backfillId),
    backfillsOfJob: (jobId) => inner.backfillsOfJob(jobId),
  };
}
