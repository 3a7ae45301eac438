import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Client } from "@libsql/client";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isConstraintFailure, isUnreachable } from "../../src/adapters/libsql-failure.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { RecordsThread } from "../../src/standalone/records-thread.ts";
import { ThreadedClient } from "../../src/standalone/threaded-client.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const INSERT = "insert into notes (id, text) values (?, ?) returning id, text as said, id as twin";
let path: string;
let reader: Client;
let thread: RecordsThread;
let client: ThreadedClient;

beforeEach(async () => {
  path = join(scratchFolder(), "records.db");
  reader = await openRecords({ kind: "file", path });
  await reader.execute("create table notes (id integer primary key, text text)");
  thread = new RecordsThread(path);
  client = new ThreadedClient(reader, thread);
});
afterEach(async () => {
  await thread.close();
  client.close();
});

it("gives what the driver gives, by name and by place", async () => {
  const byThread = await client.execute({ sql: INSERT, args: [1, "a"] });
  const byDriver = await reader.execute({ sql: INSERT, args: [2, "a"] });

  expect(Object.entries(byThread.rows[0] ?? {})).toEqual([
    ["id", 1],
    ["said", "a"],
    ["twin", 1],
  ]);
  expect(Array.from(byThread.rows[0] ?? [])).toEqual([1, "a", 1]);
  expect(byThread.columns).toEqual(byDriver.columns);
  expect(byThread.columnTypes).toEqual(byDriver.columnTypes);
  const update = "update notes set text = 'b'";
  const { rowsAffected } = await client.execute(update);
  expect(rowsAffected).toBe((await reader.execute(update)).rowsAffected);
});

it("reads what it has just written, and reads by itself", async () => {
  await client.execute(INSERT, [1, "a"]);
  expect((await client.execute("select count(*) as n from notes")).rows[0]?.["n"]).toBe(1);
  const both = await client.batch(["select id from notes", ["select ? as x", [7]]]);
  expect(both.map(({ rows }) => rows[0]?.[0])).toEqual([1, 7]);
  await thread.close();
  expect((await client.execute("select count(*) as n from notes")).rows[0]?.["n"]).toBe(1);
  await expect(client.execute(INSERT, [2, "b"])).rejects.toSatisfy(isUnreachable);
});

it("keeps a batch whole or not at all, and says what was wrong with it", async () => {
  await client.execute(INSERT, [1, "a"]);
  const twice = [
    { sql: INSERT, args: [2, "b"] },
    { sql: INSERT, args: [1, "again"] },
  ];
  await expect(client.batch(twice, "write")).rejects.toSatisfy(isConstraintFailure);
  await expect(client.execute("insert into nowhere values (1)")).rejects.not.toSatisfy(
    isUnreachable,
  );
  expect((await client.execute("select count(*) as n from notes")).rows[0]?.["n"]).toBe(1);
});

it("writes batches in the order in which they came", async () => {
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      client.execute(
        "insert into notes (id, text) values (1, ?) on conflict (id) do update set text = text || excluded.text",
        [`${i} `],
      ),
    ),
  );
  const { rows } = await client.execute("select text from notes");
  expect(rows[0]?.["text"]).toBe(Array.from({ length: 50 }, (_, i) => `${i} `).join(""));
});

it("is out of reach when its thread dies, and has another one for the next batch", async () => {
  const program = join(scratchFolder(), "mortal.mjs");
  writeFileSync(
    program,
    `import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ id, statements: [statement] }) => {
      if (statement === "die") process.exit(1);
      parentPort.postMessage({ id, ok: true, results: [] });
    });`,
  );
  const mortal = new RecordsThread(path, pathToFileURL(program));
  const dying = [mortal.batch(["die"]), mortal.batch(["live"])];
  for (const { status } of await Promise.allSettled(dying)) expect(status).toBe("rejected");
  await expect(dying[0]).rejects.toSatisfy(isUnreachable);
  expect(await mortal.batch(["live"])).toEqual([]);
  await mortal.close();
});

it("says that a file which cannot be opened is out of reach", async () => {
  const nowhere = new RecordsThread(join(scratchFolder(), "no", "such", "folder", "records.db"));
  await expect(nowhere.batch(["select 1"])).rejects.toSatisfy(isUnreachable);
  await nowhere.close();
});
