import { equal } from "node:assert/strict";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MemoryExecutorStorage } from "../../src/adapters/memory-executor-storage.ts";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import {
  KEEPER_SQL,
  SqlExecutorStorage,
  keptAppKeys,
} from "../../src/adapters/sql-executor-storage.ts";
import { executorStorageContract } from "../contract/executor-storage.contract.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { anExecutor, NODE_A, TestKeeper } from "../support/a-keeper.ts";

executorStorageContract("memory", () => {
  const storage = new MemoryExecutorStorage();
  return { storage, reopen: () => storage.clone(), close: () => {} };
});

executorStorageContract("node:sqlite in a file with others", () => {
  const path = join(scratchFolder(), "executors.db");
  let sql = openNodeSqlite(path);
  const other = new TestKeeper(new SqlExecutorStorage(sql, "another"));
  other.create();
  other.beat(NODE_A);
  return {
    storage: new SqlExecutorStorage(sql, "app-a"),
    reopen: () => {
      sql.close();
      sql = openNodeSqlite(path);
      return new SqlExecutorStorage(sql, "app-a");
    },
    close: () => {
      equal(new SqlExecutorStorage(sql, "another").nodes().length, 1);
      sql.close();
    },
  };
});

it("a file tells whose executors it keeps, but not who only asked, nor who is gone for good", () => {
  const sql = openNodeSqlite(":memory:");
  expect(keptAppKeys(sql)).toEqual([]);
  for (const appKey of ["b", "a", "only-asked"]) {
    const keeper = new TestKeeper(new SqlExecutorStorage(sql, appKey));
    if (appKey === "only-asked") keeper.refusal("executor.get", { namespace: "default" });
    else keeper.create(anExecutor({ appKey }));
  }

  expect(keptAppKeys(sql)).toEqual(["a", "b"]);
  const gone = new TestKeeper(new SqlExecutorStorage(sql, "a"));
  gone.do("executor.delete", { namespace: "default", ifVersions: null });
  expect(keptAppKeys(sql)).toEqual(["a", "b"]);
  gone.keeper.confirmRow(gone.keeper.rowToKeep()?.rowVersion ?? 0, gone.nowMs);
  expect(keptAppKeys(sql)).toEqual(["b"]);
  sql.close();
});

it("data of a newer program is refused", () => {
  const path = join(scratchFolder(), "executors.db");
  const sql = openNodeSqlite(path);
  expect(keptAppKeys(sql)).toEqual([]);
  sql.run("update keeper_schema set version = 1000");
  sql.close();
  const again = openNodeSqlite(path);

  expect(() => keptAppKeys(again)).toThrow(/schema version 1000.*newer program/);
  again.close();
});

it.each(Object.entries(KEEPER_SQL).filter(([name]) => !["appKeys", "nodes"].includes(name)))(
  "%s walks an index, without sorting",
  (_name, statement) => {
    const sql = openNodeSqlite(":memory:");
    expect(keptAppKeys(sql)).toEqual([]);

    const text = statement.replaceAll("?", "1");
    const plan = sql.all(`explain query plan ${text}`).map((row) => String(row["detail"]));

    expect(plan.join("\n")).not.toMatch(/TEMP B-TREE|SCAN \w+$/m);
    sql.close();
  },
);
