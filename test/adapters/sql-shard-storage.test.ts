import { join } from "node:path";
import { expect, it } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SHARD_SQL } from "../../src/adapters/shard-statements.ts";
import { WORKFLOW_SQL } from "../../src/adapters/workflow-statements.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { Sql, SqlValue } from "../../src/ports/shard-storage.ts";
import { shardStorageContract } from "../contract/shard-storage.contract.ts";
import { aStoredJob } from "../support/stored-rows.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

shardStorageContract("node:sqlite in memory", () => {
  const sql = openNodeSqlite(":memory:");
  return {
    storage: new SqlShardStorage(sql),
    close: () => {
      sql.close();
    },
  };
});

shardStorageContract("node:sqlite in a file", () => {
  const path = join(scratchFolder(), "shard.db");
  let sql = openNodeSqlite(path);
  return {
    storage: new SqlShardStorage(sql),
    reopen: () => {
      sql.close();
      sql = openNodeSqlite(path);
      return new SqlShardStorage(sql);
    },
    close: () => {
      sql.close();
    },
  };
});

shardStorageContract("node:sqlite with rows no longer than a Durable Object takes", () => {
  const sql = openNodeSqlite(":memory:");
  return {
    storage: new SqlShardStorage(withShortRows(sql)),
    close: () => {
      sql.close();
    },
  };
});

/** Of a row or a parameter of it: local workerd takes more. */
const ROW_BYTES_MAX = 2_000_000;

function withShortRows(sql: Sql): Sql {
  return {
    all: (statement, ...values) => sql.all(statement, ...checked(values)),
    run: (statement, ...values) => {
      sql.run(statement, ...checked(values));
    },
    transaction: (work) => sql.transaction(work),
  };
}

function checked(values: readonly SqlValue[]): readonly SqlValue[] {
  const texts = values.filter((value) => typeof value === "string");
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > ROW_BYTES_MAX) throw new Error(`a row of ${bytes} bytes`);
  return values;
}

it("tables that exist are used as they are", () => {
  const sql = openNodeSqlite(":memory:");
  new SqlShardStorage(sql).putJob(aStoredJob());

  expect(new SqlShardStorage(sql).countJobs()).toBe(1);
  sql.close();
});

it("data of a newer program is refused and left alone", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  storage.putMeta("schema_version", "1000");

  expect(() => new SqlShardStorage(sql)).toThrow(/schema version 1000.*newer program/);
  expect(storage.getMeta("schema_version")).toBe("1000");
  sql.close();
});

it("workflows come in the order of their ids, each found through the one before", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);

  const statement = `explain query plan ${WORKFLOW_SQL.workflowsAfter}`;
  const plan = sql.all(statement, "", 9).map((row) => String(row["detail"]));

  expect(storage.countJobs()).toBe(0);
  expect(plan.filter((line) => /SCAN (?!ids|CONSTANT)|TEMP B-TREE/.test(line))).toEqual([]);
  sql.close();
});

it.each([
  ["jobs by id", "select body from jobs where id in (select value from json_each('[]'))"],
  [
    "the purge",
    "select key from idempotency where expires_ms <= 1 order by expires_ms, key limit 1",
  ],
  [
    "due",
    "select * from due where (due_ms, job_id) > (1, '') and due_ms < 2 order by due_ms, job_id",
  ],
  ["ticks", "select * from ticks where (job_id, nominal_ms) > ('', 1) order by job_id, nominal_ms"],
  ["names", "select body from jobs where namespace = 'a' and name = 'b'"],
  ["the jobs of a calendar", SHARD_SQL.jobsOfCalendar.replaceAll("?", "'a'")],
  ["the backfills of a job", SHARD_SQL.backfillsOfJob.replace("?", "'a'")],
  ["a workflow", WORKFLOW_SQL.getWorkflow.replace("?", "'a'")],
  ["the versions of a workflow", WORKFLOW_SQL.versions.replaceAll("?", "1")],
  ["steps of a workflow run", WORKFLOW_SQL.steps.replaceAll("?", "1")],
  ["places of steps", WORKFLOW_SQL.stepPlaces.replaceAll("?", "1")],
  ["steps that leave", WORKFLOW_SQL.deleteSteps.replaceAll("?", "1")],
  ["workflows that the records lack", WORKFLOW_SQL.outbox.replaceAll("?", "1")],
])("%s are found through an index, without sorting", (_name, statement) => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);

  const plan = sql.all(`explain query plan ${statement}`).map((row) => String(row["detail"]));

  expect(storage.countJobs()).toBe(0);
  expect(plan.join("\n")).toMatch(/^SEARCH \w+ USING/);
  expect(plan.join("\n")).not.toMatch(/TEMP B-TREE|SCAN (jobs|due|ticks|idempotency)/);
  sql.close();
});
