import { once } from "node:events";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { createClient } from "@libsql/client/web";
import { drizzle } from "drizzle-orm/libsql/web";
import { expect, test } from "vitest";
import { fetchWithin } from "../../src/adapters/libsql-fetch.ts";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { assert } from "../../src/core/assert.ts";
import { openHranaRecords, openMemoryRecords } from "../support/open-records.ts";
import { aBatch, aRun } from "../support/records-rows.ts";

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a TCP server has an address");
  return `http://127.0.0.1:${address.port}`;
}

const UNAVAILABLE = { data: { code: "records.unavailable" } };

test.each([
  ["says nothing", () => undefined],
  ["cuts the connection", (socket: { destroy(): void }) => socket.destroy()],
  [
    "is no database",
    (socket: { end(text: string): void }) =>
      socket.end("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi"),
  ],
  [
    "is overloaded",
    (socket: { end(text: string): void }) =>
      socket.end("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n"),
  ],
])("a server that %s counts as unreachable", async (_, onConnection) => {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  const url = await listen(server);
  const client = createClient({ url, fetch: fetchWithin(100) });
  const database = drizzle(client);
  try {
    expect(await new LibsqlRecords(database).write(aBatch({ runs: [aRun()] }))).toBe(false);
    const reader = new LibsqlRecordsReader(database);
    expect(await reader.isReachable()).toBe(false);
    await expect(reader.run("default", "x")).rejects.toMatchObject(UNAVAILABLE);
    await expect(new LibsqlDirectory(database).namespaces(1)).rejects.toMatchObject(UNAVAILABLE);
  } finally {
    client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test.each([
  ["memory", openMemoryRecords],
  ["Hrana", openHranaRecords],
])("a row that the tables refuse is a bug and is thrown, in %s", async (_, open) => {
  const records = await open();
  try {
    await records.client.execute("create unique index narrow on runs (namespace)");
    const batch = aBatch({ runs: [aRun(), aRun({ id: "run_other" })] });

    await expect(new LibsqlRecords(records.database).write(batch)).rejects.toMatchObject({
      code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
    });
    await records.client.execute("drop table runs");
    await expect(new LibsqlRecords(records.database).write(batch)).rejects.toThrow(/no such table/);
  } finally {
    await records.close();
  }
});
