import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { ShardStorage, Sql } from "../../src/ports/shard-storage.ts";
import { aStoredBackfill, aStoredJob, aStoredRun, aStoredTick } from "../support/stored-rows.ts";
import {
  aStepRow,
  aWorkflow,
  aWorkflowEvent,
  aWorkflowRun,
  anErrand,
} from "../support/stored-workflows.ts";

const DUE = { dueMs: 10, jobId: "job_a", cursorMs: 0, priority: 0 };
const OUTBOX = { jobId: "job_a", version: 1, tombstone: null };
const WORKFLOW_OUTBOX = { workflowId: "wf_a", version: 1, tombstone: null };
const ENTRY = { key: "k", bodyHash: "h", reply: "", expiresMs: 9 };
const COPY = { key: "namespace:default", version: 1, body: "{}" };

/** Each write in turn on one storage, and the rows that the platform charges for it. */
const WRITES: readonly (readonly [string, number, (storage: ShardStorage) => unknown])[] = [
  ["a new job", 2, (s) => s.putJob(aStoredJob())],
  ["a changed job", 1, (s) => s.putJob(aStoredJob({ version: 2, state: "paused" }))],
  ["a changed job with a calendar", 2, (s) => s.putJob(aStoredJob({ calendar: "weekends" }))],
  ["a deleted job", 1, (s) => s.deleteJob("job_a")],
  ["a new due entry", 1, (s) => s.insertDue(DUE)],
  ["a moved due entry", 1, (s) => s.moveDue(10, { ...DUE, dueMs: 20 })],
  ["a deleted due entry", 1, (s) => s.deleteDue(20, "job_a")],
  ["a new run", 1, (s) => s.putRun(aStoredRun())],
  ["a changed run", 1, (s) => s.putRun(aStoredRun({ version: 2 }))],
  ["a deleted run", 1, (s) => s.deleteRun("run_a")],
  ["a new tick", 1, (s) => s.putTick(aStoredTick())],
  ["a changed tick", 1, (s) => s.putTick(aStoredTick({ count: 2 }))],
  ["a deleted tick", 1, (s) => s.deleteTick("job_a", aStoredTick().nominalMs)],
  ["a new outbox entry", 1, (s) => s.putJobOutbox(OUTBOX)],
  ["a newer outbox entry", 1, (s) => s.putJobOutbox({ ...OUTBOX, version: 2 })],
  ["a confirmed outbox entry", 1, (s) => s.deleteJobOutbox("job_a", 2)],
  ["a meta value", 1, (s) => s.putMeta("a", "1")],
  ["a changed meta value", 1, (s) => s.putMeta("a", "2")],
  ["a new idempotency entry", 2, (s) => s.putIdempotency(ENTRY)],
  ["a completed idempotency entry", 2, (s) => s.putIdempotency({ ...ENTRY, reply: "{}" })],
  ["a purged idempotency entry", 1, (s) => s.purgeIdempotency(9, 10)],
  ["a new copy", 1, (s) => s.putCopy(COPY)],
  ["a newer copy", 1, (s) => s.putCopy({ ...COPY, version: 2 })],
  ["a deleted copy", 1, (s) => s.deleteCopy(COPY.key)],
  ["a new backfill", 2, (s) => s.putBackfill(aStoredBackfill())],
  ["a changed backfill", 1, (s) => s.putBackfill(aStoredBackfill({ version: 2 }))],
  ["a deleted backfill", 1, (s) => s.deleteBackfill("bf_a")],
  ["a new workflow", 2, (s) => s.putWorkflow(aWorkflow())],
  ["a new version of it", 1, (s) => s.putWorkflow(aWorkflow({ version: 2 }))],
  ["a version brought back", 1, (s) => s.restoreWorkflowVersion(aWorkflow({ id: "wf_b" }))],
  ["a deleted version", 1, (s) => s.deleteWorkflowVersion("wf_a", 1)],
  ["a deleted workflow", 1, (s) => s.deleteWorkflow("wf_a")],
  ["a new workflow run", 1, (s) => s.putWorkflowRun(aWorkflowRun())],
  ["a changed workflow run", 1, (s) => s.putWorkflowRun(aWorkflowRun({ version: 2 }))],
  ["a new step", 1, (s) => s.putStep(aStepRow())],
  ["a changed step", 1, (s) => s.putStep(aStepRow({ version: 2 }))],
  ["a long step", 2, (s) => s.putStep(aStepRow({ step: 1, output: "x".repeat(1_000_000) }))],
  ["an event", 1, (s) => s.putWorkflowEvent(aWorkflowEvent())],
  ["a deleted event", 1, (s) => s.deleteWorkflowEvent("wfr_a", 1)],
  ["a second event", 1, (s) => s.putWorkflowEvent(aWorkflowEvent({ seq: 2 }))],
  ["a deleted workflow run with two steps", 5, (s) => s.deleteWorkflowRun("wfr_a", 9)],
  ["a new entry of workflows", 1, (s) => s.putWorkflowOutbox(WORKFLOW_OUTBOX)],
  ["a confirmed one", 1, (s) => s.deleteWorkflowOutbox("wf_a", 1)],
  ["an errand", 1, (s) => s.putErrand(anErrand())],
  ["an errand that is done", 1, (s) => s.deleteErrand(anErrand().id)],
];

it("each write costs the rows that the port says", async () => {
  const stub = env.STORAGE_HOST.get(env.STORAGE_HOST.newUniqueId());

  const costs = await runInDurableObject(stub, (_object, { storage }) => {
    const { sql, rowsWritten } = metered(storage);
    const shard = new SqlShardStorage(sql);
    return WRITES.map(([name, , write]) => {
      const before = rowsWritten();
      write(shard);
      return [name, rowsWritten() - before];
    });
  });

  expect(costs).toEqual(WRITES.map(([name, cost]) => [name, cost]));
});

it("a shard that wakes up with its tables in place writes no row", async () => {
  const stub = env.STORAGE_HOST.get(env.STORAGE_HOST.newUniqueId());

  const cost = await runInDurableObject(stub, (_object, { storage }) => {
    const { sql, rowsWritten } = metered(storage);
    const first = new SqlShardStorage(sql);
    const before = rowsWritten();
    const second = new SqlShardStorage(sql);
    expect(second.countJobs()).toBe(first.countJobs());
    return rowsWritten() - before;
  });

  expect(cost).toBe(0);
});

/** The SQL of a Durable Object that adds up what each statement is charged. */
function metered(storage: DurableObjectStorage): { sql: Sql; rowsWritten: () => number } {
  let written = 0;
  const all: Sql["all"] = (statement, ...params) => {
    const cursor = storage.sql.exec<Record<string, string | number | null>>(statement, ...params);
    const rows = cursor.toArray();
    written += cursor.rowsWritten;
    return rows;
  };
  return {
    sql: {
      all,
      run: (statement, ...params) => {
        all(statement, ...params);
      },
      transaction: (work) => storage.transactionSync(work),
    },
    rowsWritten: () => written,
  };
}
