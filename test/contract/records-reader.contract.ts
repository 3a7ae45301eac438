import { deepEqual, equal, notEqual } from "node:assert/strict";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import type {
  JobsQuery,
  LedgerQuery,
  Page,
  PageQuery,
  RecordsBatch,
  RecordsReader,
  RunsQuery,
} from "../../src/ports/records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { jobsQuery, ledgerQuery, refuses, runsQuery } from "../support/records-queries.ts";
import {
  aBatch,
  aJob,
  anEndedRun,
  aRun,
  aTick,
  aTickRun,
  jobId,
  onExecutor,
  runId,
} from "../support/records-rows.ts";
import type { ContractCase } from "./contract-case.ts";
import { deadLetterCases } from "./records-dead-letters.cases.ts";
import { recordsSliceCases } from "./records-slices.cases.ts";
import { recordsStepCases } from "./records-steps.cases.ts";
import { recordsWorkflowCases } from "./records-workflows.cases.ts";

/** What the API may rely on when it reads the records. Each case begins with empty records. */
export const recordsReaderContract: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "jobs are listed by name, and each filter narrows the list",
    async run(records) {
      const reader = await readerOf(records, aBatch({ jobs: SOME_JOBS }));
      const names = async (over: Partial<JobsQuery>) =>
        (await reader.jobs(jobsQuery(over))).items.map((job) => job.spec.name);

      deepEqual(await names({}), ["a", "b", "c_d", "d"]);
      deepEqual(await names({ state: "paused" }), ["b", "d"]);
      deepEqual(await names({ executor: "app" }), ["c_d", "d"]);
      deepEqual(await names({ executor: "app", state: "paused" }), ["d"]);
      deepEqual(await names({ tag: "etl" }), ["a", "d"]);
      deepEqual(await names({ tag: "etl", executor: "app", state: "paused" }), ["d"]);
      deepEqual(await names({ tag: "etl", state: "ended" }), []);
      deepEqual(await names({ q: "_" }), ["c_d"]);
      deepEqual(await names({ q: "NIGHTLY" }), ["b"]);
      deepEqual(await names({ q: "100%" }), ["a"]);
      deepEqual(await names({ q: "\\" }), []);
      deepEqual(await names({ tag: "etl", q: "100%" }), ["a"]);
      deepEqual(await names({ namespace: "other" }), ["z"]);
    },
  },
  {
    name: "jobs that name an executor are counted up to the limit",
    async run(records) {
      const reader = await readerOf(records, aBatch({ jobs: SOME_JOBS }));

      equal(await reader.countJobsOfExecutor("default", "app", 10), 2);
      equal(await reader.countJobsOfExecutor("default", "app", 1), 1);
      equal(await reader.countJobsOfExecutor("other", "app", 10), 0);
      equal(await reader.isReachable(), true);
    },
  },
  {
    name: "runs are listed newest first, and each filter narrows the list",
    async run(records) {
      const reader = await readerOf(records, aBatch({ runs: SOME_RUNS }));
      const ids = async (over: Partial<RunsQuery>) =>
        (await reader.runs(runsQuery(over))).items.map((run) => run.createdMs / 1_000);

      deepEqual(await ids({}), [6, 5, 4, 3, 2, 1]);
      deepEqual(await ids({ job: "report" }), [6, 4, 3, 2, 1]);
      deepEqual(await ids({ job: jobId(2) }), [5]);
      deepEqual(await ids({ states: ["failed"] }), [2]);
      deepEqual(await ids({ states: ["failed", "waiting", "failed"] }), [6, 5, 4, 2]);
      deepEqual(await ids({ states: ["waiting"], job: jobId(1) }), [6, 4]);
      deepEqual(await ids({ states: ["waiting", "failed"], trigger: "tick" }), [4]);
      deepEqual(await ids({ trigger: "tick" }), [4]);
      deepEqual(await ids({ trigger: "retry" }), [6]);
      deepEqual(await ids({ node: "http://n1" }), [3, 1]);
      deepEqual(await ids({ node: "http://n1", states: ["succeeded"], job: "report" }), [3, 1]);
      deepEqual(await ids({ fromMs: 2_000, toMs: 4_000 }), [3, 2]);
      deepEqual(await ids({ slowerThanMs: 100 }), [3, 2]);
      deepEqual(await ids({ slowerThanMs: 100, states: ["failed", "waiting"] }), [2]);
      deepEqual(await ids({ q: "refused" }), [2]);
      deepEqual(await ids({ q: "nightly" }), [5]);
      deepEqual(await ids({ q: runId(6).slice(30) }), [6]);
      deepEqual(await ids({ namespace: "other" }), [7]);
      deepEqual(await ids({ namespace: "other", job: jobId(2) }), []);
    },
  },
  {
    name: "the runs of a backfill are found by its id, whatever else is asked",
    async run(records) {
      const runs = [aBackfillRun(1, "bf_a"), aBackfillRun(2, "bf_b"), aBackfillRun(3, "bf_a")];
      const other = { ...aBackfillRun(4, "bf_a"), namespace: "other" };
      const reader = await readerOf(records, aBatch({ runs: [...runs, other, aTickRun(5_000)] }));
      const ids = async (over: Partial<RunsQuery>) =>
        (await reader.runs(runsQuery(over))).items.map((run) => run.createdMs);

      deepEqual(await ids({ backfill: "bf_a" }), [3, 1]);
      deepEqual(await ids({ backfill: "bf_a", job: "report", trigger: "backfill" }), [3, 1]);
      deepEqual(await ids({ backfill: "bf_a", job: jobId(1), states: ["waiting"] }), [3, 1]);
      deepEqual(await ids({ backfill: "bf_a", job: jobId(2) }), []);
      deepEqual(await ids({ backfill: "bf_a", trigger: "tick" }), []);
      deepEqual(await ids({ backfill: "bf_c" }), []);
      deepEqual(await ids({ trigger: "backfill" }), [3, 2, 1]);
    },
  },
  ...recordsSliceCases,
  ...deadLetterCases,
  ...recordsWorkflowCases,
  ...recordsStepCases,
  {
    name: "the ledger tells fired and other ticks together, oldest first",
    async run(records) {
      const reader = await readerOf(
        records,
        aBatch({
          runs: [aTickRun(3_000), aTickRun(5_000), aTickRun(5_000, { jobId: jobId(2) }), aRun()],
          ticks: [
            aTick(500),
            aTick(1_000, { toMs: 2_000, count: 2 }),
            aTick(4_000),
            aTick(9_000),
            aTick(4_000, { jobId: jobId(2) }),
          ],
        }),
      );
      const lines = async (over: Partial<LedgerQuery>) =>
        (await reader.ledger(ledgerQuery(over))).items.map((entry) =>
          entry.kind === "run" ? `run ${entry.run.nominalMs}` : `tick ${entry.tick.nominalMs}`,
        );

      const all = ["tick 500", "tick 1000", "run 3000", "tick 4000", "run 5000", "tick 9000"];
      deepEqual(await lines({}), all);
      deepEqual(await lines({ fromMs: 3_000, toMs: 5_000 }), ["run 3000", "tick 4000"]);
      deepEqual(await lines({ fromMs: 2_000, toMs: 4_000 }), ["tick 1000", "run 3000"]);
      deepEqual(await lines({ fromMs: 2_001, toMs: 4_000 }), ["run 3000"]);
      deepEqual(await lines({ namespace: "other" }), []);
      const one = (cursor: string | null) => reader.ledger(ledgerQuery({ limit: 1, cursor }));
      deepEqual((await allPages(one)).length, all.length);
    },
  },
  {
    name: "pages neither repeat nor lose a row while rows are added",
    async run(records) {
      const numbers = Array.from({ length: 23 }, (_, i) => i + 1);
      const writer = new LibsqlRecords(records.database);
      const reader = await readerOf(
        records,
        aBatch({
          runs: numbers.map(sameInstant),
          jobs: numbers.map((n) => aJob({ id: jobId(n), spec: { name: `job-${n}`, tags: ["t"] } })),
        }),
      );
      let added = 100;
      const addOne = () => {
        added += 1;
        const job = aJob({ id: jobId(added), spec: { name: "a-first-job", tags: ["t"] } });
        return writer.write(aBatch({ runs: [sameInstant(added)], jobs: [job] }));
      };

      for (const states of [[], ["waiting"], ["waiting", "failed"]] as const) {
        // oxlint-disable-next-line no-await-in-loop -- Rows are added between the pages.
        const seen = await allPages(async (cursor) => {
          await addOne();
          return reader.runs(runsQuery({ limit: 5, cursor, states, toMs: 24 }));
        });
        deepEqual(
          seen.map((run) => run.id),
          numbers.toReversed().map(runId),
        );
      }
      for (const tag of [null, "t"]) {
        // oxlint-disable-next-line no-await-in-loop -- As above.
        const seen = await allPages(async (cursor) => {
          const page = await reader.jobs(jobsQuery({ limit: 5, cursor, tag, q: "job-" }));
          await addOne();
          return page;
        });
        deepEqual(
          seen.map((job) => job.spec.name),
          numbers.map((n) => `job-${n}`).toSorted(),
        );
      }
    },
  },
  {
    name: "a cursor that the list did not give out is refused",
    async run(records) {
      const reader = await readerOf(
        records,
        aBatch({ jobs: SOME_JOBS, runs: SOME_RUNS, ticks: [aTick(1), aTick(2)] }),
      );
      const ofJobs = (await reader.jobs(jobsQuery({ limit: 1 }))).nextCursor;
      const ofRuns = (await reader.runs(runsQuery({ limit: 1 }))).nextCursor;
      const ofLedger = (await reader.ledger(ledgerQuery({ limit: 1 }))).nextCursor;
      notEqual(ofJobs, null);
      notEqual(ofRuns, null);
      notEqual(ofLedger, null);

      const bad = ["", "!", "e30", btoa("[]"), btoa('["runs","1","x"]'), "A".repeat(5_000)];
      await Promise.all(
        [...bad, ofRuns, ofLedger].map((cursor) =>
          refuses("cursor.invalid", reader.jobs(jobsQuery({ cursor }))),
        ),
      );
      await Promise.all(
        [...bad, ofJobs, ofLedger].map((cursor) =>
          refuses("cursor.invalid", reader.runs(runsQuery({ cursor }))),
        ),
      );
      await Promise.all(
        [...bad, ofJobs, ofRuns].map((cursor) =>
          refuses("cursor.invalid", reader.ledger(ledgerQuery({ cursor }))),
        ),
      );
      await refuses("request.invalid", reader.runs(runsQuery({ q: "x".repeat(201) })));
    },
  },
  {
    name: "records that cannot be reached refuse to be read and keep nothing",
    async run(records) {
      const reader = await readerOf(records, aBatch({ runs: SOME_RUNS }));
      records.client.close();

      equal(await new LibsqlRecords(records.database).write(aBatch({ runs: [aRun()] })), false);
      equal(await reader.isReachable(), false);
      await refuses("records.unavailable", reader.runs(runsQuery({})));
      await refuses("records.unavailable", reader.jobs(jobsQuery({})));
      await refuses("records.unavailable", reader.ledger(ledgerQuery({})));
      await refuses("records.unavailable", reader.run("default", runId(1)));
      await refuses("records.unavailable", reader.countJobsOfExecutor("default", "app", 1));
    },
  },
];

const SOME_JOBS: RecordsBatch["jobs"] = [
  aJob({ id: jobId(1), spec: { name: "a", tags: ["etl", "x"], description: "100% sure" } }),
  aJob({ id: jobId(2), state: "paused", spec: { name: "b", description: "Nightly" } }),
  aJob({ id: jobId(3), spec: { name: "c_d", ...onExecutor("app") } }),
  aJob({ id: jobId(4), state: "paused", spec: { name: "d", ...onExecutor("app"), tags: ["etl"] } }),
  aJob({ id: jobId(5), namespace: "other", spec: { name: "z", tags: ["etl"] } }),
];

const SOME_RUNS: RecordsBatch["runs"] = [
  anEndedRun(1, { node: "http://n1", tookMs: 100 }),
  anEndedRun(2, { node: "http://n2", tookMs: 101, error: "connection refused" }),
  anEndedRun(3, { node: "http://n1", tookMs: 5_000 }),
  aTickRun(4_000),
  aRun({ id: runId(5), createdMs: 5_000, jobId: jobId(2), jobName: "Nightly", nominalMs: 5_000 }),
  aRun({
    id: runId(6),
    createdMs: 6_000,
    nominalMs: 6_000,
    trigger: { kind: "retry", origin: runId(2) },
  }),
  aRun({ id: runId(7), createdMs: 7_000, namespace: "other" }),
];

function aBackfillRun(n: number, backfill: string): RecordsBatch["runs"][number] {
  const trigger = { kind: "backfill", backfill, tickMs: n } as const;
  return aRun({ id: runId(n), createdMs: n, nominalMs: n, trigger });
}

/** Three runs share each instant, so that their order must come from the id as well. */
function sameInstant(n: number): RecordsBatch["runs"][number] {
  return aRun({ id: runId(n), createdMs: Math.ceil(n / 3), nominalMs: n });
}

async function readerOf(records: OpenedRecords, batch: RecordsBatch): Promise<RecordsReader> {
  equal(await new LibsqlRecords(records.database).write(batch), true);
  return new LibsqlRecordsReader(records.database);
}

async function allPages<T>(
  read: (cursor: PageQuery["cursor"]) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const seen: T[] = [];
  let cursor: string | null = null;
  do {
    // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
    const page: Page<T> = await read(cursor);
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}
