import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import type { Run } from "../../src/core/run.ts";
import type { RecordsBatch } from "../../src/ports/records.ts";
import { jobsQuery } from "../support/records-queries.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { aBatch, aJob, aRun, aTick, jobId, onExecutor, runId } from "../support/records-rows.ts";
import { aStepRow, aWorkflow, aWorkflowRun } from "../support/stored-workflows.ts";
import type { ContractCase } from "./contract-case.ts";

const ALL_JOBS = jobsQuery({});
const WORKFLOW_TABLES = ["workflow_versions", "workflow_runs", "workflow_steps"];
const TABLES_OF_MANY = ["jobs", "runs", "ticks", ...WORKFLOW_TABLES];

/** What a shard may rely on when it writes to the records. Each case begins with empty records. */
export const recordsWriterContract: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "an empty batch is kept without a request",
    async run({ database }) {
      equal(await new LibsqlRecords(database).write(aBatch()), true);
    },
  },
  {
    name: "a row comes back as it was written",
    async run(records) {
      const run = aRun({
        result: { text: 'quote " \\ \n \u0000 \ud83d\udd52 漢字', deep: [[1.5, null, true]] },
        error: { message: "100% broken_\\", code: "E" },
      });

      equal(await new LibsqlRecords(records.database).write(aBatch({ runs: [run] })), true);

      const reader = new LibsqlRecordsReader(records.database);
      deepEqual(await reader.run("default", run.id), run);
      deepEqual(await reader.run(null, run.id), run);
      equal(await reader.run("other", run.id), null);
      equal(await reader.run("default", runId(9)), null);
    },
  },
  {
    name: "500 rows of each kind go in at once, and so do rows of more than a statement's size",
    async run({ client, database }) {
      const numbers = Array.from({ length: 501 }, (_, i) => i + 1);
      const large = "x".repeat(400_000);

      const isKept = await new LibsqlRecords(database).write(
        aBatch({
          jobs: numbers.map((n) => aJob({ id: jobId(n), spec: { name: `job-${n}` } })),
          runs: numbers.map((n) => aRun({ id: runId(n), result: n <= 4 ? large : null })),
          ticks: numbers.map((n) => aTick(n)),
          workflows: numbers.map((version) => aWorkflow({ version })),
          workflowRuns: numbers.map((n) => aWorkflowRun({ id: `wfr_${n}` })),
          steps: numbers.map((n) => aStepRow({ step: n, output: n <= 4 ? large : null })),
        }),
      );

      equal(isKept, true);
      for (const table of TABLES_OF_MANY) {
        // oxlint-disable-next-line no-await-in-loop -- One connection.
        const { rows } = await client.execute(`select count(*) as n from ${table}`);
        equal(rows[0]?.["n"], 501, table);
      }
    },
  },
  {
    name: "an older or equal version changes nothing, a newer one replaces the row",
    async run({ database }) {
      const writer = new LibsqlRecords(database);
      const second = aRun({ version: 2, cancelReason: "second" });
      const third = aRun({ version: 3, cancelReason: "third" });

      await writer.write(aBatch({ runs: [second] }));
      await writer.write(aBatch({ runs: [aRun({ version: 1 }), third, second] }));

      const reader = new LibsqlRecordsReader(database);
      deepEqual(await reader.run("default", third.id), third);
    },
  },
  {
    name: "a deleted job does not come back with a late row, and loses its tags",
    async run({ database }) {
      const writer = new LibsqlRecords(database);
      const reader = new LibsqlRecordsReader(database);
      const job = aJob({ version: 2, spec: { ...onExecutor("app"), tags: ["etl"] } });
      const tombstone = { id: job.id, namespace: "default", name: "report", version: 3 };

      await writer.write(aBatch({ jobs: [job] }));
      equal((await reader.jobs({ ...ALL_JOBS, tag: "etl" })).items.length, 1);
      await writer.write(aBatch({ deletedJobs: [tombstone] }));
      await writer.write(aBatch({ jobs: [job, { ...job, version: 3 }] }));

      deepEqual((await reader.jobs(ALL_JOBS)).items, []);
      deepEqual((await reader.jobs({ ...ALL_JOBS, tag: "etl" })).items, []);
      equal(await reader.countJobsOfExecutor("default", "app", 10), 0);
    },
  },
  {
    name: "a job made again under the name of a deleted one is listed, whichever comes first",
    async run({ database }) {
      const writer = new LibsqlRecords(database);
      const successor = aJob({ id: jobId(2) });

      await writer.write(aBatch({ jobs: [aJob()] }));
      await writer.write(aBatch({ jobs: [successor] }));
      await writer.write(
        aBatch({
          deletedJobs: [{ id: jobId(1), namespace: "default", name: "report", version: 2 }],
        }),
      );

      const page = await new LibsqlRecordsReader(database).jobs(ALL_JOBS);
      deepEqual(page.items, [successor]);
    },
  },
  {
    name: "the tags of a job are those of its newest version",
    async run({ database }) {
      const writer = new LibsqlRecords(database);
      const reader = new LibsqlRecordsReader(database);

      await writer.write(aBatch({ jobs: [aJob({ version: 2, spec: { tags: ["b", "c"] } })] }));
      await writer.write(aBatch({ jobs: [aJob({ version: 1, spec: { tags: ["a", "b"] } })] }));

      equal((await reader.jobs({ ...ALL_JOBS, tag: "a" })).items.length, 0);
      equal((await reader.jobs({ ...ALL_JOBS, tag: "b" })).items.length, 1);
      equal((await reader.jobs({ ...ALL_JOBS, tag: "c" })).items.length, 1);
    },
  },
  {
    name: "any order, splitting and repeating of the same rows leaves the same records",
    async run(records) {
      const inOrder = aHistory();
      const rows = toRows(inOrder);
      const expected = await stored(records, [inOrder]);

      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([...rows], { minLength: rows.length }),
          fc.array(fc.nat(rows.length - 1), { maxLength: 10 }),
          fc.integer({ min: 1, max: 7 }),
          async (shuffled, repeats, size) => {
            const sent = [...shuffled, ...repeats.flatMap((i) => rows[i] ?? [])];
            const batches: RecordsBatch[] = [];
            for (let i = 0; i < sent.length; i += size) {
              batches.push(merge(sent.slice(i, i + size)));
            }
            deepEqual(await stored(records, batches), expected);
          },
        ),
        { numRuns: 40 },
      );
    },
  },
];

/** Jobs and workflows, some deleted in the end, runs through their states, and ticks planned twice. */
function aHistory(): RecordsBatch {
  const states = ["dispatching", "running"] as const;
  const live: readonly Run[] = states.map((state, i) =>
    aRun({ version: i + 1, phase: { state, attempt: 1, send: 1, dueMs: 9_000 } }),
  );
  const ended = aRun({
    version: 3,
    startedMs: 1_000,
    phase: { state: "succeeded", attempt: 1, endedMs: 1_250 },
  });
  return {
    jobs: [
      aJob({ version: 1, spec: { tags: ["a"] } }),
      aJob({ version: 2, spec: { tags: ["b"] } }),
      aJob({ version: 1, id: jobId(2), spec: { name: "kept", tags: ["a"] } }),
      aJob({ version: 2, id: jobId(2), spec: { name: "kept", tags: ["c"] }, state: "ended" }),
    ],
    deletedJobs: [{ id: jobId(1), namespace: "default", name: "report", version: 3 }],
    runs: [...live, ended, aRun({ id: runId(2) })],
    ticks: [
      aTick(1_000),
      aTick(1_000, { plannedMs: 2_000, reason: "paused" }),
      aTick(1_000, { plannedMs: 2_000, reason: "limit" }),
      aTick(5_000, { toMs: 9_000, count: 3 }),
    ],
    ...aWorkflowHistory(),
  };
}

function aWorkflowHistory(): Pick<
  RecordsBatch,
  "workflows" | "deletedWorkflows" | "workflowRuns" | "steps"
> {
  const ids = ["wf_a", "wf_b"];
  return {
    workflows: ids.flatMap((id) =>
      [1, 2].map((version) => aWorkflow({ id, version, spec: { tags: [`v${version}`] } })),
    ),
    deletedWorkflows: [
      { id: "wf_a", namespace: "default", name: "nightly-orders", version: 3 },
      // Of the same version as a row, which then does not win.
      { id: "wf_c", namespace: "default", name: "gone", version: 1 },
    ],
    workflowRuns: [
      aWorkflowRun(),
      aWorkflowRun({ version: 3, phase: { state: "failed", endedMs: 9 } }),
      aWorkflowRun({ version: 2, phase: { state: "ending", outcome: "failed" } }),
    ],
    steps: [
      aStepRow({ state: "waiting" }),
      aStepRow({ state: "pending", version: 3 }),
      aStepRow({ version: 2 }),
      aStepRow({ part: 0 }),
    ],
  };
}

function toRows(batch: RecordsBatch): readonly RecordsBatch[] {
  return [
    ...batch.jobs.map((job) => aBatch({ jobs: [job] })),
    ...batch.deletedJobs.map((job) => aBatch({ deletedJobs: [job] })),
    ...batch.runs.map((run) => aBatch({ runs: [run] })),
    ...batch.ticks.map((tick) => aBatch({ ticks: [tick] })),
    ...batch.workflows.map((workflow) => aBatch({ workflows: [workflow] })),
    ...batch.deletedWorkflows.map((gone) => aBatch({ deletedWorkflows: [gone] })),
    ...batch.workflowRuns.map((run) => aBatch({ workflowRuns: [run] })),
    ...batch.steps.map((row) => aBatch({ steps: [row] })),
  ];
}

function merge(batches: readonly RecordsBatch[]): RecordsBatch {
  return {
    jobs: batches.flatMap((batch) => batch.jobs),
    deletedJobs: batches.flatMap((batch) => batch.deletedJobs),
    runs: batches.flatMap((batch) => batch.runs),
    ticks: batches.flatMap((batch) => batch.ticks),
    workflows: batches.flatMap((batch) => batch.workflows),
    deletedWorkflows: batches.flatMap((batch) => batch.deletedWorkflows),
    workflowRuns: batches.flatMap((batch) => batch.workflowRuns),
    steps: batches.flatMap((batch) => batch.steps),
  };
}

/** Everything that is stored when the batches have been written to empty tables. */
async function stored(
  { client, database }: OpenedRecords,
  batches: readonly RecordsBatch[],
): Promise<object> {
  const tables = ["jobs", "job_tags", "runs", "ticks", "workflows", ...WORKFLOW_TABLES];
  await client.batch(tables.map((table) => `delete from ${table}`));
  const writer = new LibsqlRecords(database);
  for (const batch of batches) {
    // oxlint-disable-next-line no-await-in-loop -- The order of the batches is the point.
    equal(await writer.write(batch), true);
  }
  const results = await client.batch(
    tables.map((table) => `select * from ${table} order by 1, 2, 3`),
  );
  return results.map(({ rows }) => rows.map((row) => Object.entries(row)));
}
