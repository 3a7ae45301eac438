import { writeSync } from "node:fs";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import { aStoredRun } from "./stored-rows.ts";

/** Commits one transaction, says so in the middle of the next one, and halts there to be killed. */
const storage = new SqlShardStorage(openNodeSqlite(process.argv[2] ?? ""));
storage.transaction(() => {
  storage.putMeta("committed", "yes");
  storage.putRun(aStoredRun());
});
storage.transaction(() => {
  storage.putMeta("open", "yes");
  storage.putRun(aStoredRun({ version: 2 }));
  writeSync(1, "halted\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
