import { deepEqual, equal, throws } from "node:assert/strict";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import { aStoredTick } from "../support/stored-rows.ts";
import type { ShardStorageCase } from "./shard-storage-case.ts";

const NOW_MS = 1_790_000_000_000;

export const SHARD_STORAGE_TIME_CASES: readonly ShardStorageCase[] = [
  {
    name: "a due entry is found by its time, by its job and as the earliest",
    run(storage) {
      equal(storage.earliestDueMs(), undefined);
      equal(storage.countDue(), 0);
      const soon = { dueMs: NOW_MS, jobId: "job_b", cursorMs: NOW_MS - 60_000, priority: 0 };
      storage.insertDue({ dueMs: NOW_MS + 1, jobId: "job_a", cursorMs: 0, priority: 0 });
      storage.insertDue(soon);

      deepEqual(storage.dueAt(NOW_MS, "job_b"), soon);
      equal(storage.dueAt(NOW_MS, "job_a"), undefined);
      deepEqual(storage.scanDue("job_b"), soon);
      equal(storage.scanDue("job_c"), undefined);
      equal(storage.earliestDueMs(), NOW_MS);
      equal(storage.countDue(), 2);
    },
    afterReopen(storage) {
      equal(storage.earliestDueMs(), NOW_MS);
      equal(storage.countDue(), 2);
    },
  },
  {
    name: "an entry cannot be inserted where one is",
    run(storage) {
      storage.insertDue({ dueMs: NOW_MS, jobId: "job_a", cursorMs: 1, priority: 0 });

      throws(() => {
        storage.insertDue({ dueMs: NOW_MS, jobId: "job_a", cursorMs: 2, priority: 0 });
      });
      equal(storage.dueAt(NOW_MS, "job_a")?.cursorMs, 1);
    },
  },
  {
    name: "a moved entry is at its new time only, with its new cursor",
    run(storage) {
      storage.insertDue({ dueMs: NOW_MS, jobId: "job_a", cursorMs: 1, priority: 0 });
      storage.insertDue({ dueMs: NOW_MS, jobId: "job_b", cursorMs: 1, priority: 0 });
      const moved = { dueMs: NOW_MS + 60_000, jobId: "job_a", cursorMs: 2, priority: 0 };
      const inPlace = { dueMs: NOW_MS, jobId: "job_b", cursorMs: 3, priority: 0 };

      storage.moveDue(NOW_MS, moved);
      storage.moveDue(NOW_MS, inPlace);

      equal(storage.dueAt(NOW_MS, "job_a"), undefined);
      deepEqual(allDue(storage), [inPlace, moved]);
    },
  },
  {
    name: "an entry keeps its priority, and takes another one when it is moved",
    run(storage) {
      storage.insertDue({ dueMs: NOW_MS, jobId: "job_a", cursorMs: 1, priority: -100 });
      equal(storage.dueAt(NOW_MS, "job_a")?.priority, -100);
      storage.moveDue(NOW_MS, { dueMs: NOW_MS, jobId: "job_a", cursorMs: 1, priority: 100 });

      equal(storage.scanDue("job_a")?.priority, 100);
      deepEqual(allDue(storage), [storage.scanDue("job_a")]);
    },
    afterReopen(storage) {
      equal(storage.dueAt(NOW_MS, "job_a")?.priority, 100);
    },
  },
  {
    name: "moving or deleting an entry that is not there changes nothing",
    run(storage) {
      const entry = { dueMs: NOW_MS, jobId: "job_a", cursorMs: 1, priority: 0 };
      storage.insertDue(entry);

      storage.moveDue(NOW_MS - 1, { dueMs: NOW_MS + 1, jobId: "job_a", cursorMs: 2, priority: 0 });
      storage.deleteDue(NOW_MS, "job_b");
      storage.deleteDue(NOW_MS + 1, "job_a");

      deepEqual(allDue(storage), [entry]);
    },
  },
  {
    name: "a deleted entry is gone",
    run(storage) {
      storage.insertDue({ dueMs: NOW_MS, jobId: "job_a", cursorMs: 1, priority: 0 });
      storage.deleteDue(NOW_MS, "job_a");

      equal(storage.scanDue("job_a"), undefined);
      equal(storage.countDue(), 0);
      equal(storage.earliestDueMs(), undefined);
    },
  },
  {
    name: "a range of due entries includes its start, excludes its end and goes on after an entry",
    run(storage) {
      for (const [dueMs, jobId] of [
        [30, "job_a"],
        [10, "job_b"],
        [20, "job_c"],
        [20, "job_a"],
        [9, "job_z"],
        [20, "job_b"],
      ] as const) {
        storage.insertDue({ dueMs, jobId, cursorMs: 0, priority: 0 });
      }
      const range = { fromMs: 10, beforeMs: 30, limit: 3 };

      deepEqual(keys(storage.dueBetween({ ...range, after: null })), [
        "10 job_b",
        "20 job_a",
        "20 job_b",
      ]);
      deepEqual(keys(storage.dueBetween({ ...range, after: { dueMs: 20, jobId: "job_b" } })), [
        "20 job_c",
      ]);
      deepEqual(keys(storage.dueBetween({ ...range, after: { dueMs: 9, jobId: "job_z" } })), [
        "10 job_b",
        "20 job_a",
        "20 job_b",
      ]);
      deepEqual(storage.dueBetween({ ...range, beforeMs: 10, after: null }), []);
      deepEqual(storage.dueBetween({ ...range, fromMs: 31, beforeMs: 40, after: null }), []);
    },
  },
  {
    name: "a tick is stored once for a nominal time, replaced and deleted",
    run(storage) {
      const tick = aStoredTick();
      const range = aStoredTick({
        toMs: tick.nominalMs + 60_000,
        count: 2,
        disposition: "dropped",
      });

      storage.putTick(tick);
      storage.putTick(range);
      deepEqual(ticks(storage), [range]);

      storage.deleteTick("job_a", tick.nominalMs + 1);
      deepEqual(ticks(storage), [range]);
      storage.deleteTick("job_a", tick.nominalMs);
      deepEqual(ticks(storage), []);
    },
  },
  {
    name: "ticks come in the order of job and time, of one job or of all",
    run(storage) {
      for (const [jobId, nominalMs] of [
        ["job_b", 1],
        ["job_a", 2],
        ["job_a", 10],
        ["job_b", 0],
        ["job_a", 1],
      ] as const) {
        storage.putTick(aStoredTick({ jobId, nominalMs }));
      }
      const after = (
        jobId: string,
        nominalMs: number,
        more: { readonly onlyThisJob: boolean; readonly limit: number },
      ): readonly string[] =>
        storage
          .ticksAfter({ jobId, nominalMs, ...more })
          .map((tick) => `${tick.jobId} ${tick.nominalMs}`);

      deepEqual(after("", 0, { onlyThisJob: false, limit: 9 }), [
        "job_a 1",
        "job_a 2",
        "job_a 10",
        "job_b 0",
        "job_b 1",
      ]);
      deepEqual(after("job_a", 2, { onlyThisJob: false, limit: 2 }), ["job_a 10", "job_b 0"]);
      deepEqual(after("job_a", 1, { onlyThisJob: true, limit: 9 }), ["job_a 2", "job_a 10"]);
      deepEqual(after("job_a", 0, { onlyThisJob: true, limit: 1 }), ["job_a 1"]);
      deepEqual(after("job_c", 0, { onlyThisJob: true, limit: 9 }), []);
    },
    afterReopen(storage) {
      equal(ticks(storage).length, 5);
    },
  },
  {
    name: "the outbox holds a job once, with its tombstone, in the order of ids",
    run(storage) {
      const tombstone = { namespace: "default", name: 'it\'s "gone"' };
      storage.putJobOutbox({ jobId: "job_b", version: 1, tombstone: null });
      storage.putJobOutbox({ jobId: "job_a", version: 4, tombstone: null });
      storage.putJobOutbox({ jobId: "job_b", version: 2, tombstone });

      deepEqual(storage.jobOutboxAfter("", 9), [
        { jobId: "job_a", version: 4, tombstone: null },
        { jobId: "job_b", version: 2, tombstone },
      ]);
      equal(storage.jobOutboxAfter("", 1).length, 1);
      equal(storage.jobOutboxAfter("job_b", 9).length, 0);
      deepEqual(storage.getJobOutbox("job_b"), { jobId: "job_b", version: 2, tombstone });
      equal(storage.getJobOutbox("job_c"), undefined);
      equal(storage.countJobOutbox(), 2);
    },
    afterReopen(storage) {
      equal(storage.getJobOutbox("job_b")?.tombstone?.name, 'it\'s "gone"');
    },
  },
  {
    name: "a confirmation of an old version leaves the newer outbox entry alone",
    run(storage) {
      storage.putJobOutbox({ jobId: "job_a", version: 5, tombstone: null });

      storage.deleteJobOutbox("job_a", 4);
      equal(storage.countJobOutbox(), 1);
      storage.deleteJobOutbox("job_a", 5);
      equal(storage.countJobOutbox(), 0);
      storage.deleteJobOutbox("job_a", 5);
    },
  },
];

function allDue(storage: ShardStorage): readonly unknown[] {
  const range = { fromMs: 0, beforeMs: Number.MAX_SAFE_INTEGER, after: null, limit: 1_000 };
  return storage.dueBetween(range);
}

function ticks(storage: ShardStorage): readonly unknown[] {
  return storage.ticksAfter({ jobId: "", nominalMs: 0, onlyThisJob: false, limit: 1_000 });
}

function keys(entries: ReturnType<ShardStorage["dueBetween"]>): readonly string[] {
  return entries.map((entry) => `${entry.dueMs} ${entry.jobId}`);
}
