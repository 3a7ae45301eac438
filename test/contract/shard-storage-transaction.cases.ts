import { deepEqual, equal, throws } from "node:assert/strict";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import { aStoredBackfill, aStoredJob, aStoredRun, aStoredTick } from "../support/stored-rows.ts";
import type { ShardStorageCase } from "./shard-storage-case.ts";

export const SHARD_STORAGE_TRANSACTION_CASES: readonly ShardStorageCase[] = [
  {
    name: "a transaction returns what its work returns, and its writes are kept",
    run(storage) {
      const value = storage.transaction(() => {
        writeEverywhere(storage, 1);
        return 42;
      });

      equal(value, 42);
      deepEqual(everything(storage), rowsOfVersion(1));
    },
    afterReopen(storage) {
      deepEqual(everything(storage), rowsOfVersion(1));
    },
  },
  {
    name: "a transaction reads its own writes",
    run(storage) {
      storage.transaction(() => {
        writeEverywhere(storage, 1);
        deepEqual(everything(storage), rowsOfVersion(1));
        writeEverywhere(storage, 2);
        deepEqual(everything(storage), rowsOfVersion(2));
        eraseEverywhere(storage, 2);
        deepEqual(everything(storage), []);
      });
    },
  },
  {
    name: "a transaction that throws keeps no insert",
    run(storage) {
      const fault = new Error("power");

      throws(
        () =>
          storage.transaction(() => {
            writeEverywhere(storage, 1);
            throw fault;
          }),
        (error) => error === fault,
      );

      deepEqual(everything(storage), []);
    },
    afterReopen(storage) {
      deepEqual(everything(storage), []);
    },
  },
  {
    name: "a transaction that throws keeps no replacement and no deletion",
    run(storage) {
      storage.transaction(() => {
        writeEverywhere(storage, 1);
      });

      failing(storage, () => {
        writeEverywhere(storage, 2);
      });
      deepEqual(everything(storage), rowsOfVersion(1));
      failing(storage, () => {
        writeEverywhere(storage, 2);
        eraseEverywhere(storage, 2);
        writeEverywhere(storage, 3);
      });
      deepEqual(everything(storage), rowsOfVersion(1));
    },
    afterReopen(storage) {
      deepEqual(everything(storage), rowsOfVersion(1));
    },
  },
  {
    name: "a refused statement can be caught inside a transaction, and what came before is kept",
    run(storage) {
      storage.transaction(() => {
        storage.putJob(aStoredJob());
        throws(() => {
          storage.putJob(aStoredJob({ id: "job_b" }));
        });
        storage.putMeta("after", "kept");
      });

      equal(storage.countJobs(), 1);
      equal(storage.getMeta("after"), "kept");
    },
  },
  {
    name: "a transaction inside a transaction is a bug, and the storage goes on afterwards",
    run(storage) {
      throws(
        () =>
          storage.transaction(() => {
            storage.putMeta("outer", "lost");
            storage.transaction(() => {
              storage.putMeta("inner", "lost");
            });
          }),
        /bug: transactions of a shard do not nest/,
      );
      equal(storage.getMeta("outer"), undefined);
      equal(storage.getMeta("inner"), undefined);

      storage.transaction(() => {
        storage.putMeta("next", "kept");
      });
      equal(storage.getMeta("next"), "kept");
    },
  },
];

function failing(storage: ShardStorage, work: () => void): void {
  throws(
    () =>
      storage.transaction(() => {
        work();
        throw new Error("rolled back");
      }),
    /rolled back/,
  );
}

/** One row in each table, which tells its version; the due entry moves by it. */
function writeEverywhere(storage: ShardStorage, version: number): void {
  const entry = { dueMs: version * 10, jobId: "job_a", cursorMs: version, priority: 0 };
  const old = storage.scanDue("job_a");
  if (old === undefined) storage.insertDue(entry);
  else storage.moveDue(old.dueMs, entry);
  storage.putMeta("version", String(version));
  storage.putJob(aStoredJob({ version }));
  storage.putRun(aStoredRun({ version }));
  storage.putTick(aStoredTick({ nominalMs: 5, count: version }));
  storage.putJobOutbox({ jobId: "job_a", version, tombstone: null });
  storage.putIdempotency({ key: "k", bodyHash: "h", reply: String(version), expiresMs: 9 });
  storage.putCopy({ key: "namespace:default", version, body: "{}" });
  storage.putBackfill(aStoredBackfill({ version }));
}

/** Deletes all rows but those of the meta table, which has no deletion; its row is emptied. */
function eraseEverywhere(storage: ShardStorage, version: number): void {
  storage.putMeta("version", "");
  storage.deleteJob("job_a");
  storage.deleteDue(version * 10, "job_a");
  storage.deleteRun("run_a");
  storage.deleteTick("job_a", 5);
  storage.deleteJobOutbox("job_a", version);
  storage.purgeIdempotency(9, 10);
  storage.deleteCopy("namespace:default");
  storage.deleteBackfill("bf_a");
}

function everything(storage: ShardStorage): readonly unknown[] {
  const allTicks = { jobId: "", nominalMs: 0, onlyThisJob: false, limit: 10 };
  const allDue = { fromMs: 0, beforeMs: 1_000, after: null, limit: 10 };
  return [
    storage.getMeta("version") ?? "",
    storage.getJobByName("default", "nightly-report")?.version,
    storage.getJob("job_a")?.version,
    ...storage.dueBetween(allDue).map((entry) => `${entry.dueMs} ${entry.cursorMs}`),
    ...storage.runsAfter("", 10).map((run) => run.version),
    ...storage.ticksAfter(allTicks).map((tick) => tick.count),
    ...storage.jobOutboxAfter("", 10).map((entry) => entry.version),
    storage.getIdempotency("k")?.reply,
    ...storage.copies().map((copy) => copy.version),
    ...storage.backfillsOfJob("job_a").map((backfill) => backfill.version),
  ].filter((value) => value !== undefined && value !== "");
}

function rowsOfVersion(version: number): readonly unknown[] {
  const due = `${version * 10} ${version}`;
  const text = String(version);
  return [text, version, version, due, version, version, version, text, version, version];
}
