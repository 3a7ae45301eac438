import { join } from "node:path";
import { expect, test } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { Sql } from "../../src/ports/shard-storage.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { SECOND_SHARD_SCHEMA } from "../support/second-shard-schema.ts";
import { aStoredJob, aStoredRun } from "../support/stored-rows.ts";
import { aStepRow, aWorkflow, aWorkflowRun } from "../support/stored-workflows.ts";

/** A file of the third version with a job and a run, as it wrote them. Its tables are those of the second. */
function aThirdFile(): Sql {
  const sql = openNodeSqlite(join(scratchFolder(), "shard.db"));
  for (const statement of SECOND_SHARD_SCHEMA) sql.run(statement);
  sql.run("update meta set value = '3' where key = 'schema_version'");
  const job = aStoredJob();
  const row = [job.id, job.namespace, job.spec.name, 1, job.state, JSON.stringify(job)] as const;
  sql.run("insert into jobs values (?, ?, ?, ?, ?, ?, null)", ...row);
  sql.run("insert into runs values (?, ?)", "run_a", JSON.stringify(aStoredRun()));
  return sql;
}

test("what a file of the third version held is as it was", () => {
  const storage = new SqlShardStorage(aThirdFile());

  expect(storage.getJob("job_a")).toEqual(aStoredJob());
  expect(storage.runsAfter("", 9)).toEqual([aStoredRun()]);
});

test("a file of the third version takes workflows and their runs, and keeps them", () => {
  const sql = aThirdFile();
  const storage = new SqlShardStorage(sql);
  storage.transaction(() => {
    storage.putWorkflow(aWorkflow());
    storage.putWorkflowRun(aWorkflowRun());
    storage.putStep(aStepRow());
  });

  const again = new SqlShardStorage(sql);

  expect(again.getWorkflowByName("default", "nightly-orders")).toEqual(aWorkflow());
  expect(again.workflowRunsAfter("", 9)).toEqual([aWorkflowRun()]);
  expect(again.getStep("wfr_a", 0, -1)).toEqual(aStepRow());
});
