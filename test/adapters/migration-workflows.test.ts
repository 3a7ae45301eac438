import type { Client } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { migrate } from "../../src/adapters/migrate.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";
import { runsQuery } from "../support/records-queries.ts";
import { aBatch, anEndedRun, runId } from "../support/records-rows.ts";
import { aStepRow, aWorkflow, aWorkflowRun } from "../support/stored-workflows.ts";

const MIGRATIONS_THEN = 4;
const FAILED = anEndedRun(1, { node: "http://n1", tookMs: 5, error: "broken" });
let client: Client;

/** Records of the former version with a run that failed, brought up to this one. */
beforeEach(async () => {
  client = await openRecords({ kind: "file", path: ":memory:" });
  const migrations = await readMigrations();
  await migrate(client, migrations.slice(0, MIGRATIONS_THEN));
  await client.execute({
    sql: `insert into runs values
      (?, 'default', ?, 'report', 3, 'failed', 'api', 1000, 1000, 5, 'http://n1', 'broken', ?)`,
    args: [FAILED.id, FAILED.jobId, JSON.stringify(FAILED)],
  });
  await migrate(client, migrations);
});
afterEach(() => client.close());

test("a run of the former version is one of no workflow run, and a dead letter as before", async () => {
  const reader = new LibsqlRecordsReader(drizzle(client));

  const { rows } = await client.execute("select workflow_run from runs");
  expect(rows.map((row) => row["workflow_run"])).toEqual([null]);
  expect((await reader.runs(runsQuery({ isDeadLetter: true }))).items).toEqual([FAILED]);
  expect((await reader.runs(runsQuery({ job: "report" }))).items).toEqual([FAILED]);
});

test("records of the former version take workflows, their runs and steps, and go on with runs", async () => {
  const database = drizzle(client);
  const reader = new LibsqlRecordsReader(database);
  const [workflow, run, step] = [aWorkflow(), aWorkflowRun(), aStepRow()];
  const retry = { ...FAILED, id: runId(2), version: 4 };

  await new LibsqlRecords(database).write(
    aBatch({ workflows: [workflow], workflowRuns: [run], steps: [step], runs: [retry] }),
  );

  expect(await reader.workflowVersion(workflow.id, 1)).toEqual(workflow);
  expect(await reader.workflowRun("default", run.id)).toEqual(run);
  expect(await reader.step(run.id, 0)).toEqual(step);
  expect(await reader.run("default", retry.id)).toEqual(retry);
});
