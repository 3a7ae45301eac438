import { afterAll, beforeAll, expect, test } from "vitest";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { LibsqlExecutorRecords } from "../../src/adapters/libsql-executors.ts";
import { LibsqlRunLogs } from "../../src/adapters/libsql-run-logs.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { drizzle } from "drizzle-orm/libsql";
import { idOf } from "../../src/core/placement.ts";
import type {
  JobsQuery,
  RunsQuery,
  StepsQuery,
  WorkflowRunsQuery,
} from "../../src/ports/records.ts";
import { openMemoryRecords } from "../support/open-records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import {
  jobsQuery,
  ledgerQuery,
  runsQuery,
  stepsQuery,
  workflowRunsQuery,
  workflowsQuery,
} from "../support/records-queries.ts";
import { jobId } from "../support/records-rows.ts";

/** A statement as it went to the driver. */
interface Logged {
  readonly sql: string;
  readonly args: readonly (string | number | null)[];
}

let records: OpenedRecords;
beforeAll(async () => {
  records = await openMemoryRecords();
});
afterAll(() => records.close());

/** How SQLite goes about each statement that `use` sends, one line for each table it opens. */
async function plansOf(
  use: (over: {
    reader: LibsqlRecordsReader;
    directory: LibsqlDirectory;
    logs: LibsqlRunLogs;
    executors: LibsqlExecutorRecords;
  }) => Promise<unknown>,
): Promise<readonly string[]> {
  const sent: Logged[] = [];
  const recording = new Proxy(records.client, {
    get(client, name) {
      if (name === "execute") {
        return (statement: Logged) => {
          sent.push(statement);
          return client.execute({ sql: statement.sql, args: [...statement.args] });
        };
      }
      if (name === "batch") {
        return (statements: readonly Logged[]) => {
          sent.push(...statements);
          return client.batch(statements.map(({ sql, args }) => ({ sql, args: [...args] })));
        };
      }
      const value: unknown = Reflect.get(client, name);
      return value;
    },
  });
  const database = drizzle(recording);
  await use({
    reader: new LibsqlRecordsReader(database),
    directory: new LibsqlDirectory(database),
    logs: new LibsqlRunLogs(database),
    executors: new LibsqlExecutorRecords(database),
  });
  const plans = await Promise.all(
    sent.map(({ sql, args }) =>
      records.client.execute({ sql: `explain query plan ${sql}`, args: [...args] }),
    ),
  );
  return plans.flatMap(({ rows }) =>
    rows.map(({ detail }) => (typeof detail === "string" ? detail : "")),
  );
}

const jobsCases: readonly (readonly [Partial<JobsQuery>, string])[] = [
  [{}, "jobs_by_name (namespace=?)"],
  [{ q: "x" }, "jobs_by_name (namespace=?)"],
  [{ cursor: "WyJqb2JzIiwiYSIsImIiXQ" }, "jobs_by_name (namespace=? AND (name,id)>(?,?))"],
  [{ state: "paused" }, "jobs_by_state (namespace=? AND state=?)"],
  [{ executor: "app" }, "jobs_by_executor (namespace=? AND executor=?)"],
  [{ executor: "app", state: "paused" }, "jobs_by_executor (namespace=? AND executor=?)"],
  [{ tag: "t", executor: "app", state: "ended" }, "job_tags_by_tag (namespace=? AND tag=?)"],
];

test.each(jobsCases)("jobs %j go by their index, already in order", async (over, index) => {
  const plan = await plansOf(({ reader }) => reader.jobs(jobsQuery(over)));

  expect(plan.join("\n")).toContain(index);
  expect(plan.filter((line) => /SCAN|TEMP B-TREE/.test(line))).toEqual([]);
});

const WORKFLOW_ID = idOf("wf", "0".repeat(32), 0);
const CURSOR = "WyJydW5zIiwxLCJhIl0";
const runsCases: readonly (readonly [Partial<RunsQuery>, string])[] = [
  [{}, "runs_by_created (namespace=?)"],
  [{ q: "x", slowerThanMs: 1, fromMs: 1, toMs: 2 }, "runs_by_created (namespace=?)"],
  [{ trigger: "tick" }, "runs_by_created (namespace=?)"],
  [{ cursor: CURSOR }, "runs_by_created (namespace=? AND (created_ms,id)<(?,?))"],
  [{ job: jobId(1) }, "runs_by_job (job_id=?)"],
  [{ job: jobId(1), states: ["failed"], node: "n", trigger: "api" }, "runs_by_job (job_id=?)"],
  [{ job: jobId(1), cursor: CURSOR }, "runs_by_job (job_id=? AND (created_ms,id)<(?,?))"],
  [{ job: "report" }, "runs_by_job_name (namespace=? AND job_name=?)"],
  [{ job: "report", states: ["lost", "failed"] }, "runs_by_job_name (namespace=? AND job_name=?)"],
  [{ states: ["failed"] }, "runs_by_state (namespace=? AND state=?)"],
  [{ states: ["failed"], node: "n", trigger: "api" }, "runs_by_state (namespace=? AND state=?)"],
  [{ node: "n" }, "runs_by_node (namespace=? AND node=?)"],
  [{ node: "n", trigger: "retry" }, "runs_by_node (namespace=? AND node=?)"],
  [{ trigger: "api" }, "runs_by_trigger (namespace=? AND trigger=?)"],
  [{ trigger: "shard" }, "runs_by_trigger (namespace=? AND trigger=?)"],
  [
    { trigger: "shard", job: jobId(1), states: ["failed"], node: "n" },
    "runs_by_trigger (namespace=? AND trigger=?)",
  ],
  [{ order: "oldest" }, "runs_by_created (namespace=?)"],
  [
    { order: "oldest", job: "report", cursor: "WyJvbGRlc3QtcnVucyIsMSwiYSJd" },
    "runs_by_job_name (namespace=? AND job_name=? AND (created_ms,id)>(?,?))",
  ],
  [{ isDeadLetter: true }, "runs_failed (namespace=?)"],
  [{ isDeadLetter: true }, "runs_of_retries (<expr>=?)"],
  [
    { isDeadLetter: true, states: ["lost"], node: "n", trigger: "tick", order: "oldest" },
    "runs_failed (namespace=?)",
  ],
  [{ isDeadLetter: true, job: jobId(1) }, "runs_failed_by_job (job_id=?)"],
  [{ isDeadLetter: true, job: "report" }, "runs_failed_by_job_name (namespace=? AND job_name=?)"],
  [{ workflow: WORKFLOW_ID, states: ["failed"] }, "runs_by_job (job_id=?)"],
  [{ workflow: "report" }, "runs_by_job_name (namespace=? AND job_name=?)"],
  [{ trigger: "workflow" }, "runs_by_trigger (namespace=? AND trigger=?)"],
  [{ workflowRun: "wr_1", states: ["failed"] }, "runs_of_workflow_runs (workflow_run=?)"],
  [
    { workflowRun: "wr_1", cursor: CURSOR },
    "runs_of_workflow_runs (workflow_run=? AND (created_ms,id)<(?,?))",
  ],
  [{ backfill: "bf_1" }, "runs_of_backfills (<expr>=?)"],
  [{ backfill: "bf_1", cursor: CURSOR }, "runs_of_backfills (<expr>=? AND (created_ms,id)<(?,?))"],
  [
    { backfill: "bf_1", job: jobId(1), states: ["failed"], node: "n", trigger: "backfill" },
    "runs_of_backfills (<expr>=?)",
  ],
];

test.each(runsCases)("runs %j go by their index, already in order", async (over, index) => {
  const plan = await plansOf(({ reader }) => reader.runs(runsQuery(over)));

  expect(plan.join("\n")).toContain(index);
  expect(plan.filter((line) => /SCAN|TEMP B-TREE/.test(line))).toEqual([]);
});

test("runs of several states walk the index once for each and sort only what is kept", async () => {
  const plan = await plansOf(({ reader }) =>
    reader.runs(runsQuery({ states: ["failed", "lost"], cursor: CURSOR })),
  );

  const walks = plan.filter((line) => line.includes("runs_by_state (namespace=? AND state=? AND"));
  expect(walks).toHaveLength(2);
  expect(plan.filter((line) => /SCAN (?!\(subquery)/.test(line))).toEqual([]);
});

test("runs of one parent are found by it, and only they are sorted", async () => {
  const plan = await plansOf(({ reader }) => reader.runs(runsQuery({ parent: "run" })));

  expect(plan.join("\n")).toContain("runs_of_parents (<expr>=?)");
  expect(plan.filter((line) => line.includes("SCAN"))).toEqual([]);
});

const SLICES = { namespace: "default", parent: "run", limit: 10 };
test.each([
  { ...SLICES, states: [], cursor: null },
  { ...SLICES, states: ["failed"] as const, cursor: "WyJzbGljZXMiLDEsImEiXQ" },
])("slices %j go by their index, already in order", async (query) => {
  const plan = await plansOf(({ reader }) => reader.slices(query));

  expect(plan.join("\n")).toContain("runs_of_parents (<expr>=?");
  expect(plan.filter((line) => /SCAN|TEMP B-TREE/.test(line))).toEqual([]);
});

test.each([{}, { cursor: "WyJsZWRnZXIiLDEsMF0" }])("the ledger %j reads ranges", async (over) => {
  const plan = await plansOf(({ reader }) => reader.ledger(ledgerQuery(over)));

  expect(plan.join("\n")).toContain("runs_of_ticks (job_id=? AND nominal_ms");
  expect(plan.join("\n")).toContain("sqlite_autoindex_ticks_1 (job_id=? AND nominal_ms");
  expect(plan.filter((line) => /SCAN (?!\(subquery)|TEMP B-TREE/.test(line))).toEqual([]);
});

const byWorkflow = (name: string) => btoa(JSON.stringify([name, 1, "a"])).replaceAll("=", "");
const workflowRunsCases: readonly (readonly [Partial<WorkflowRunsQuery>, string])[] = [
  [{}, "workflow_runs_by_created (namespace=?)"],
  [
    { fromMs: 1, toMs: 2 },
    "workflow_runs_by_created (namespace=? AND created_ms>? AND created_ms<?)",
  ],
  [{ trigger: "run", order: "oldest" }, "workflow_runs_by_created (namespace=?)"],
  [
    { cursor: byWorkflow("workflow-runs") },
    "workflow_runs_by_created (namespace=? AND (created_ms,id)<(?,?))",
  ],
  [{ workflow: WORKFLOW_ID, states: ["failed"] }, "workflow_runs_by_workflow (workflow_id=?)"],
  [{ workflow: "report" }, "workflow_runs_by_name (namespace=? AND workflow_name=?)"],
  [{ states: ["failed"] }, "workflow_runs_by_state (namespace=? AND state=?)"],
  [{ trigger: "event" }, "workflow_runs_by_trigger (namespace=? AND trigger=?)"],
];

test.each(workflowRunsCases)(
  "workflow runs %j go by their index, already in order",
  async (over, i) => {
    const plan = await plansOf(({ reader }) => reader.workflowRuns(workflowRunsQuery(over)));

    expect(plan.join("\n")).toContain(i);
    expect(plan.filter((line) => /SCAN|TEMP B-TREE/.test(line))).toEqual([]);
  },
);

test("workflow runs of several states walk the index once for each", async () => {
  const query = workflowRunsQuery({ states: ["failed", "running"] });
  const plan = await plansOf(({ reader }) => reader.workflowRuns(query));

  expect(plan.filter((line) => line.includes("workflow_runs_by_state"))).toHaveLength(2);
  expect(plan.filter((line) => /SCAN (?!\(subquery)/.test(line))).toEqual([]);
});

test.each([{}, { q: "x" }, { tag: "etl" }])("workflows %j go by their names", async (over) => {
  const plan = await plansOf(({ reader }) => reader.workflows(workflowsQuery(over)));

  expect(plan.join("\n")).toContain("workflows_by_name (namespace=?)");
  expect(plan.filter((line) => /SCAN (?!tag VIRTUAL)|TEMP B-TREE/.test(line))).toEqual([]);
});

const stepsCases: readonly (readonly [Partial<StepsQuery>, string])[] = [
  [{}, "workflow_steps_themselves (workflow_run=?)"],
  [{ cursor: "WyJzdGVwcyIsMSwtMV0" }, "workflow_steps_themselves (workflow_run=? AND step>?)"],
  [{ step: 1 }, "sqlite_autoindex_workflow_steps_1 (workflow_run=? AND step=? AND part>?)"],
  [{ step: "all" }, "sqlite_autoindex_workflow_steps_1 (workflow_run=?)"],
  [
    { step: "all", cursor: "WyJzdGVwcyIsMSwtMV0" },
    "sqlite_autoindex_workflow_steps_1 (workflow_run=? AND (step,part)>(?,?))",
  ],
];

test.each(stepsCases)("steps %j go by their place, already in order", async (over, index) => {
  const plan = await plansOf(({ reader }) => reader.steps(stepsQuery(over)));

  expect(plan.join("\n")).toContain(index);
  expect(plan.filter((line) => /SCAN|TEMP B-TREE/.test(line))).toEqual([]);
});

const LINE = { seq: 1, atMs: 1, level: "info", text: "" } as const;

test("nothing else that the API asks reads a whole table of rows", async () => {
  const plan = await plansOf(async ({ reader, directory, logs, executors }) => {
    await reader.run("default", "run");
    await reader.countJobsOfExecutor("default", "app", 10);
    await reader.workflowVersion("wf", 1);
    await reader.workflowRun("default", "wr");
    await reader.step("wr", 1);
    await reader.partsEnded("wr");
    await executors.executorRow("app");
    await logs.add({ run: "run", attempt: 1, lines: [LINE], nowMs: 1 });
    await logs.page({ run: "run", after: { attempt: 1, seq: 1 }, levels: ["info"], limit: 10 });
    await logs.purge(1);
    await directory.executors("default", { limit: 10, afterAppKey: "a" });
    await directory.tokenByHash("hash");
    await directory.token("default", "id");
    await directory.tokens("default", { limit: 10, afterId: "a" });
    await directory.touchToken("id", 1);
    await directory.revokeToken("default", "id", 1);
    await directory.namespace("default");
    await directory.idempotency("key");
    await directory.purgeIdempotency(1, 10);
  });

  const scans = plan.filter((line) => /SCAN (?!\(subquery|counted)|TEMP B-TREE/.test(line));
  expect(scans.filter((line) => !line.includes("VIRTUAL TABLE"))).toEqual([]);
});
