import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { ShardStorageCase } from "./shard-storage-case.ts";
import { SHARD_STORAGE_CASES } from "./shard-storage.cases.ts";

/**
 * Runs the contract of a shard's storage on the SQLite of the runtime that runs this file, without a
 * test framework. Prints one JSON object: how many promises were tried, and which were broken.
 */
function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-storage-"));
  try {
    const faults = SHARD_STORAGE_CASES.flatMap((promise, i) => [
      ...faultsOf(promise, ":memory:"),
      ...faultsOf(promise, join(folder, `${i}.db`)),
    ]);
    process.stdout.write(JSON.stringify({ tried: SHARD_STORAGE_CASES.length, faults }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function faultsOf(promise: ShardStorageCase, path: string): readonly string[] {
  try {
    const sql = openNodeSqlite(path);
    promise.run(new SqlShardStorage(sql));
    sql.close();
    if (path === ":memory:") return [];
    const again = openNodeSqlite(path);
    promise.afterReopen?.(new SqlShardStorage(again));
    again.close();
    return [];
  } catch (error) {
    return [`${promise.name}: ${String(error)}`];
  }
}

main();
