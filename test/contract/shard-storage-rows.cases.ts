import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { WORKFLOW_RUN_LIMITS } from "../../src/core/workflow-run.ts";
import { aStoredBackfill, aStoredJob, aStoredRun } from "../support/stored-rows.ts";
import type { ShardStorageCase } from "./shard-storage-case.ts";

/** Three bytes a character, and where a piece of it ends, a character of two halves. */
const LONG_REPLY = `${"語".repeat(599_999)}${"🎌".repeat(300_000)}`;

/** Keys may hold what separates their parts, and any letters. */
const ODD_KEY = "token:é🎌\u0000POST '\"; drop table jobs";

export const SHARD_STORAGE_ROW_CASES: readonly ShardStorageCase[] = [
  {
    name: "a meta value is absent, then stored, then replaced",
    run(storage) {
      equal(storage.getMeta("keyCheck"), undefined);
      storage.putMeta("keyCheck", "one");
      storage.putMeta("keyCheck", "two");
      equal(storage.getMeta("keyCheck"), "two");
    },
    afterReopen(storage) {
      equal(storage.getMeta("keyCheck"), "two");
    },
  },
  {
    name: "a job is found by id and by name, in its latest version",
    run(storage) {
      const job = aStoredJob();
      const paused = aStoredJob({
        version: 2,
        state: "paused",
        pause: { sinceMs: 1, untilMs: null, reason: "holiday", cursorMs: 0 },
      });

      storage.putJob(job);
      deepEqual(storage.getJob("job_a"), job);
      storage.putJob(paused);

      deepEqual(storage.getJob("job_a"), paused);
      deepEqual(storage.getJobByName("default", job.spec.name), paused);
      equal(storage.countJobs(), 1);
    },
    afterReopen(storage) {
      equal(storage.getJob("job_a")?.version, 2);
      equal(storage.getJobByName("default", "nightly-report")?.state, "paused");
    },
  },
  {
    name: "an unknown job is found neither by id nor by name",
    run(storage) {
      storage.putJob(aStoredJob());

      equal(storage.getJob("job_b"), undefined);
      equal(storage.getJobByName("other", "nightly-report"), undefined);
      equal(storage.getJobByName("default", "nightly"), undefined);
    },
  },
  {
    name: "two jobs of one namespace never share a name, those of two namespaces may",
    run(storage) {
      storage.putJob(aStoredJob());
      storage.putJob(aStoredJob({ id: "job_b", namespace: "other" }));

      throws(() => {
        storage.putJob(aStoredJob({ id: "job_c" }));
      });
      equal(storage.getJob("job_c"), undefined);
      equal(storage.getJobByName("default", "nightly-report")?.id, "job_a");
      equal(storage.getJobByName("other", "nightly-report")?.id, "job_b");
    },
  },
  {
    name: "the jobs of a calendar are found, of one namespace and as they are now",
    run(storage) {
      const names = ["holidays", "weekends", null] as const;
      for (const [i, calendar] of names.entries())
        storage.putJob(aStoredJob({ id: `job_${i}`, name: `name-${i}`, calendar }));
      storage.putJob(aStoredJob({ id: "job_x", namespace: "other", calendar: "holidays" }));
      deepEqual(storage.jobsOfCalendar("default", "holidays"), ["job_0"]);
      storage.putJob(aStoredJob({ id: "job_2", name: "name-2", calendar: "holidays" }));
      storage.putJob(aStoredJob({ id: "job_1", name: "name-1", version: 2 }));

      deepEqual(storage.jobsOfCalendar("default", "holidays"), ["job_0", "job_2"]);
      deepEqual(storage.jobsOfCalendar("default", "weekends"), []);
      deepEqual(storage.jobsOfCalendar("other", "holidays"), ["job_x"]);
      storage.deleteJob("job_0");
      deepEqual(storage.jobsOfCalendar("default", "holidays"), ["job_2"]);
    },
    afterReopen(storage) {
      deepEqual(storage.jobsOfCalendar("default", "holidays"), ["job_2"]);
    },
  },
  {
    name: "a backfill is stored, replaced, listed with others of its job and deleted",
    run(storage) {
      const first = aStoredBackfill();
      const later = aStoredBackfill({ id: "bf_b", version: 2, state: "completed" });
      storage.putBackfill(aStoredBackfill({ id: "bf_b" }));
      storage.putBackfill(first);
      storage.putBackfill(aStoredBackfill({ id: "bf_c", jobId: "job_b" }));
      storage.putBackfill(later);

      deepEqual(storage.getBackfill("bf_a"), first);
      equal(storage.getBackfill("bf_x"), undefined);
      deepEqual(storage.backfillsOfJob("job_a"), [first, later]);
      storage.deleteBackfill("bf_a");
      storage.deleteBackfill("bf_a");
      deepEqual(storage.backfillsOfJob("job_a"), [later]);
    },
    afterReopen(storage) {
      equal(storage.getBackfill("bf_b")?.state, "completed");
      equal(storage.backfillsOfJob("job_b").length, 1);
    },
  },
  {
    name: "a deleted job is gone and its name is free",
    run(storage) {
      storage.putJob(aStoredJob());
      storage.deleteJob("job_a");
      storage.deleteJob("job_a");

      equal(storage.getJob("job_a"), undefined);
      equal(storage.getJobByName("default", "nightly-report"), undefined);
      equal(storage.countJobs(), 0);

      storage.putJob(aStoredJob({ id: "job_b" }));
      equal(storage.getJobByName("default", "nightly-report")?.id, "job_b");
    },
  },
  {
    name: "many jobs and runs are read at once, each once, and unknown ids are left out",
    run(storage) {
      const ids = Array.from({ length: 250 }, (_, i) => String(i).padStart(4, "0"));
      for (const id of ids) {
        storage.putJob(aStoredJob({ id: `job_${id}`, name: `name-${id}` }));
        storage.putRun(aStoredRun({ id: `run_${id}` }));
      }
      const asked = ids.slice(20);

      const jobs = storage.getJobs([...asked, "job_x"].map((id) => `job_${id}`));
      const runs = storage.getRuns([...asked, ...asked, "x"].map((id) => `run_${id}`));

      deepEqual(
        jobs.map((job) => job.id).toSorted(),
        asked.map((id) => `job_${id}`),
      );
      deepEqual(
        runs.map((run) => run.id).toSorted(),
        asked.map((id) => `run_${id}`),
      );
      deepEqual(storage.getJobs([]), []);
      deepEqual(storage.getRuns([]), []);
    },
  },
  {
    name: "a run is stored whole, replaced and deleted",
    run(storage) {
      const run = aStoredRun();
      const ended = aStoredRun({
        version: 2,
        phase: { state: "succeeded", attempt: 1, endedMs: 7 },
        result: { rows: [1, 2.5, -3e-7, null, true, "é\u2028\u0000"] },
      });

      storage.putRun(run);
      deepEqual(storage.getRun("run_a"), run);
      storage.putRun(ended);
      deepEqual(storage.getRun("run_a"), ended);

      storage.putRun(aStoredRun({ id: "run_b" }));
      storage.deleteRun("run_b");
      storage.deleteRun("run_b");
      equal(storage.getRun("run_b"), undefined);
    },
    afterReopen(storage) {
      deepEqual(
        storage.runsAfter("", 10).map((run) => [run.id, run.version]),
        [["run_a", 2]],
      );
    },
  },
  {
    name: "a run of a megabyte is stored",
    run(storage) {
      const run = aStoredRun({ result: "0123456789abcdef".repeat(65_536) });
      storage.putRun(run);
      deepEqual(storage.getRun("run_a"), run);
    },
  },
  {
    name: "runs come page by page in the order of their ids",
    run(storage) {
      for (const id of ["run_c", "run_a", "run_e", "run_b"]) storage.putRun(aStoredRun({ id }));
      const ids = (afterId: string, limit: number): readonly string[] =>
        storage.runsAfter(afterId, limit).map((run) => run.id);

      deepEqual(ids("", 3), ["run_a", "run_b", "run_c"]);
      deepEqual(ids("run_c", 3), ["run_e"]);
      deepEqual(ids("run_d", 3), ["run_e"]);
      deepEqual(ids("run_e", 3), []);
    },
  },
  {
    name: "a stored value is not changed by what later happens to the object it came from",
    run(storage) {
      const params: Record<string, string> = { region: "north" };
      storage.putRun(aStoredRun({ order: { ...aStoredRun().order, params } }));

      try {
        params["region"] = "south";
      } catch {
        // A frozen object is as good as a copied one.
      }

      deepEqual(storage.getRun("run_a")?.order.params, { region: "north" });
    },
  },
  {
    name: "an idempotency entry is claimed, completed and found by its whole key",
    run(storage) {
      const claim = { key: ODD_KEY, bodyHash: "hash", reply: "", expiresMs: 10 };
      const done = { ...claim, reply: '{"ok":true}', expiresMs: 20 };

      equal(storage.getIdempotency(ODD_KEY), undefined);
      storage.putIdempotency(claim);
      deepEqual(storage.getIdempotency(ODD_KEY), claim);
      storage.putIdempotency(done);

      deepEqual(storage.getIdempotency(ODD_KEY), done);
      equal(storage.getIdempotency("token:é🎌"), undefined);
    },
    afterReopen(storage) {
      equal(storage.getIdempotency(ODD_KEY)?.reply, '{"ok":true}');
    },
  },
  {
    name: "expired idempotency entries are purged, the oldest first and no more than asked",
    run(storage) {
      for (const [key, expiresMs] of [
        ["d", 1],
        ["a", 3],
        ["b", 2],
        ["c", 4],
      ] as const) {
        storage.putIdempotency({ key, bodyHash: "", reply: "", expiresMs });
      }

      equal(storage.purgeIdempotency(3, 2), 2);
      equal(storage.getIdempotency("d"), undefined);
      equal(storage.getIdempotency("b"), undefined);
      equal(storage.getIdempotency("a")?.expiresMs, 3);
      equal(storage.purgeIdempotency(3, 2), 1);
      equal(storage.purgeIdempotency(3, 2), 0);
      equal(storage.getIdempotency("c")?.expiresMs, 4);
    },
  },
  {
    name: "a first answer of more than two million bytes is stored, replaced by less, and purged",
    run(storage) {
      const entry = { key: "k", bodyHash: "h", reply: LONG_REPLY, expiresMs: 1 };
      storage.putIdempotency(entry);
      ok(storage.getIdempotency("k")?.reply === LONG_REPLY);
      const shorter = LONG_REPLY.slice(0, 649_999);
      storage.putIdempotency({ ...entry, reply: shorter });
      ok(storage.getIdempotency("k")?.reply === shorter);
      storage.putIdempotency({ ...entry, reply: "short" });
      equal(storage.getIdempotency("k")?.reply, "short");
      equal(storage.purgeIdempotency(1, 9), 1);
      equal(storage.getIdempotency("k"), undefined);
      storage.putIdempotency({ ...entry, reply: LONG_REPLY.slice(1) });
    },
    afterReopen(storage) {
      ok(storage.getIdempotency("k")?.reply === LONG_REPLY.slice(1));
    },
  },
  {
    name: "a run with the longest params and the longest output of a workflow is one row",
    run(storage) {
      const { runOutputBytesMax, paramsCharsMax } = WORKFLOW_RUN_LIMITS;
      const run = aStoredRun();
      const params = { text: "語".repeat(paramsCharsMax - 20) };
      const began = { ...run, order: { ...run.order, params } };
      const ended = { ...began, version: 2, result: "r".repeat(runOutputBytesMax - 2) };
      storage.putRun(began);
      storage.putRun(ended);
      equal(storage.getRun(run.id)?.version, 2);
    },
  },
  {
    name: "a copy of the directory is stored, replaced, listed and deleted",
    run(storage) {
      const executor = { key: "executor:default:étage", version: 3, body: '{"nodes":[]}' };
      const namespace = { key: "namespace:default", version: 1, body: "{}" };

      storage.putCopy({ ...executor, version: 2, body: "{}" });
      storage.putCopy(executor);
      storage.putCopy(namespace);
      deepEqual(storage.getCopy(executor.key), executor);
      deepEqual(
        storage.copies().toSorted((a, b) => b.version - a.version),
        [executor, namespace],
      );

      storage.deleteCopy(namespace.key);
      storage.deleteCopy(namespace.key);
      equal(storage.getCopy(namespace.key), undefined);
    },
    afterReopen(storage) {
      deepEqual(
        storage.copies().map((copy) => copy.version),
        [3],
      );
    },
  },
];
