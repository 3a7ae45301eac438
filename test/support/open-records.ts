import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@libsql/client";
import { createClient } from "@libsql/client/web";
import { drizzle } from "drizzle-orm/libsql";
import { drizzle as drizzleWeb } from "drizzle-orm/libsql/web";
import { fetchWithDeadline } from "../../src/adapters/libsql-fetch.ts";
import type { RecordsDatabase } from "../../src/adapters/libsql-database.ts";
import { migrate } from "../../src/adapters/migrate.ts";
import { assert } from "../../src/core/assert.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";

/** Records to try something on. `close` ends every connection and removes what was on disk. */
export interface OpenedRecords {
  readonly client: Client;
  readonly database: RecordsDatabase;
  close(): Promise<void>;
}

/** Empty records, migrated, in memory: one connection. */
export async function openMemoryRecords(): Promise<OpenedRecords> {
  const client = await openRecords({ kind: "file", path: ":memory:" });
  await migrateFully(client);
  return {
    client,
    database: drizzle(client),
    async close() {
      client.close();
    },
  };
}

/** Empty records, migrated, in a file of their own: several connections. */
export async function openFileRecords(): Promise<OpenedRecords> {
  const folder = await openFolder();
  const client = await openRecords({ kind: "file", path: join(folder.path, "records.db") });
  await migrateFully(client);
  return {
    client,
    database: drizzle(client),
    async close() {
      client.close();
      await folder.remove();
    },
  };
}

export async function openFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "tickwheel records "));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Empty records behind the development front, spoken to as a Worker does. */
export async function openHranaRecords(): Promise<OpenedRecords> {
  // Bun and Deno run this file too, and never need the native module behind the front.
  const { startHrana } = await import("../../workers/dev/hrana.ts");
  const folder = await openFolder();
  const token = randomBytes(24).toString("base64url");
  const file = join(folder.path, "records.db");
  const front = await startHrana({ file, token, port: 0, host: "127.0.0.1" });
  const client = createClient({
    url: front.url,
    authToken: token,
    fetch: fetchWithDeadline,
  });
  await migrateFully(client);
  return {
    client,
    database: drizzleWeb(client),
    async close() {
      client.close();
      await front.close();
      await folder.remove();
    },
  };
}

async function migrateFully(client: Client): Promise<void> {
  const outcome = await migrate(client, await readMigrations());
  assert(outcome.ok, "an empty database takes every migration");
}
