import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const HALTED_WRITER = new URL("../support/halted-writer.main.ts", import.meta.url).pathname;

it("a file that another process has open is refused until that process ends", async () => {
  const path = join(scratchFolder(), "shard.db");
  const writer = await haltedWriter(path);

  expect(() => openNodeSqlite(path)).toThrow(/another process is using .*shard\.db/);

  await writer.kill();
  openNodeSqlite(path).close();
});

it("a file is refused to a second opening in the same process too", () => {
  const path = join(scratchFolder(), "shard.db");
  const first = openNodeSqlite(path);

  expect(() => openNodeSqlite(path)).toThrow(/another process is using/);
  first.close();
});

it("after a kill the committed transaction is there, and nothing of the open one", async () => {
  const path = join(scratchFolder(), "shard.db");
  const writer = await haltedWriter(path);
  await writer.kill();

  const sql = openNodeSqlite(path);
  const storage = new SqlShardStorage(sql);
  expect(storage.getMeta("committed")).toBe("yes");
  expect(storage.getMeta("open")).toBeUndefined();
  expect(storage.getRun("run_a")?.version).toBe(1);
  sql.close();
});

it("a file that is no database is refused by its name", () => {
  const path = join(scratchFolder(), "notes.txt");
  writeFileSync(
    path,
    "These are notes, and they are longer than the header of a database.".repeat(9),
  );

  expect(() => openNodeSqlite(path)).toThrow(/notes\.txt cannot be opened as a database/);
});

it("more statements than are kept prepared still work", () => {
  const sql = openNodeSqlite(":memory:");

  const values = Array.from({ length: 300 }, (_, i) => sql.all(`select ${i} as n`)[0]?.["n"]);

  expect(values).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(sql.all("select 0 as n")).toHaveLength(1);
  sql.close();
});

it("a commit that fails leaves nothing behind and no transaction open", () => {
  const sql = openNodeSqlite(":memory:");
  sql.run("create table parent (id integer primary key)");
  sql.run("create table child (p integer references parent deferrable initially deferred)");
  sql.run("pragma foreign_keys = on");

  expect(() => {
    sql.transaction(() => {
      sql.run("insert into child values (1)");
    });
  }).toThrow(/FOREIGN KEY/);

  sql.transaction(() => {
    expect(sql.all("select * from child")).toHaveLength(0);
  });
  sql.close();
});

/** A process that has committed one transaction, is in the middle of the next, and waits there. */
async function haltedWriter(path: string): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, [HALTED_WRITER, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return {
    kill: async () => {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
