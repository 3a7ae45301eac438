import { drizzle } from "drizzle-orm/libsql";
import { createCipher } from "../adapters/cipher.ts";
import type { RecordsDatabase } from "../adapters/libsql-database.ts";
import { LibsqlDirectory } from "../adapters/libsql-directory.ts";
import { migrate } from "../adapters/migrate.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Deployment } from "../ports/directory.ts";
import type { Log } from "../ports/log.ts";
import { masterKeyOf, openDataFolder, type DataFolder } from "./data-folder.ts";
import { openDeployment } from "./deployment.ts";
import { hostClock } from "./host-time.ts";
import { openRecords } from "./libsql-client.ts";
import { readMigrations } from "./migrations.ts";
import { SettingsError, type Settings } from "./settings.ts";

/** What a deployment keeps, opened: its folder, its records, its keys, and who it is. */
export interface Stores {
  readonly folder: DataFolder;
  readonly cipher: Cipher;
  readonly database: RecordsDatabase;
  readonly directory: LibsqlDirectory;
  readonly deployment: Deployment;
  close(): void;
}

/** Opens them in order. Throws `SettingsError` for whatever the operator must change. */
export async function openStores(settings: Settings, log: Log): Promise<Stores> {
  const folder = openDataFolder(settings.dataFolder);
  const cipher = cipherOf(masterKeyOf(folder, settings.masterKey));
  const client = await openRecords(
    settings.libsqlUrl === null
      ? { kind: "file", path: folder.fileOf("records.db") }
      : { kind: "server", url: settings.libsqlUrl, token: settings.libsqlToken },
  );
  await migrateRecords(client, log);
  const database = drizzle(client);
  const directory = new LibsqlDirectory(database);
  const { shards } = settings;
  const nowMs = hostClock.nowMs();
  const deployment = await openDeployment({ folder, directory, cipher, shards, nowMs });
  return { folder, cipher, database, directory, deployment, close: () => client.close() };
}

function cipherOf(masterKey: string): Cipher {
  try {
    return createCipher(masterKey);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(`MASTER_KEY: ${why}. Make one with: openssl rand -base64 32`, {
      cause: error,
    });
  }
}

async function migrateRecords(
  client: Awaited<ReturnType<typeof openRecords>>,
  log: Log,
): Promise<void> {
  let outcome: Awaited<ReturnType<typeof migrate>>;
  try {
    outcome = await migrate(client, await readMigrations());
  } catch (error) {
    // A server that is away now may be back soon; scheduling does not wait for it.
    log.warn("The records cannot be migrated now.", { error: String(error) });
    return;
  }
  if (!outcome.ok) throw new SettingsError(`The records: ${outcome.reason}.`);
}
