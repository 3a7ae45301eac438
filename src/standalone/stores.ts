import type { Client } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { createCipher } from "../adapters/cipher.ts";
import type { RecordsDatabase } from "../adapters/libsql-database.ts";
import { LibsqlDirectory } from "../adapters/libsql-directory.ts";
import { LibsqlPeople } from "../adapters/libsql-people.ts";
import { migrate } from "../adapters/migrate.ts";
import { ScryptPasswords } from "../adapters/scrypt-passwords.ts";
import { BoundedMap } from "../core/bounded-map.ts";
import type { LoginBucket } from "../core/login-limits.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Deployment } from "../ports/directory.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Passwords } from "../ports/passwords.ts";
import type { People } from "../ports/people.ts";
import { masterKeyOf, openDataFolder, type DataFolder } from "./data-folder.ts";
import { openDeployment } from "./deployment.ts";
import { openRecords } from "./libsql-client.ts";
import { readMigrations } from "./migrations.ts";
import { RecordsThread } from "./records-thread.ts";
import { isNode } from "./runtime.ts";
import { SettingsError, type Settings } from "./settings.ts";
import { ThreadedClient } from "./threaded-client.ts";

/** Accounts, addresses and browsers whose tries to log in are remembered at once. */
const LOGIN_BUCKETS_MAX = 20_000;

/** What a deployment keeps, opened: its folder, its records, its keys, and who it is. */
export interface Stores {
  readonly folder: DataFolder;
  readonly cipher: Cipher;
  readonly database: RecordsDatabase;
  readonly directory: LibsqlDirectory;
  readonly people: People;
  readonly passwords: Passwords;
  readonly deployment: Deployment;
  /**
   * Brings the records' tables up to date, if that could not be done at the start because they were away.
   * Rejects while they still are; call it again later.
   */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** Opens them in order. Throws `SettingsError` for whatever the operator must change. */
export async function openStores(settings: Settings, log: Log, clock: Clock): Promise<Stores> {
  const folder = openDataFolder(settings.dataFolder);
  const cipher = cipherOf(masterKeyOf(folder, settings.masterKey));
  const client = await recordsOf(settings, folder);
  let isMigrated = await migrateRecords(client).catch((error: unknown) => {
    if (error instanceof SettingsError) throw error;
    // A server that is away now may be back soon; scheduling does not wait for it.
    log.warn("The records cannot be migrated now.", { error: String(error) });
    return false;
  });
  const thread = threadOf(settings, folder);
  const database = drizzle(thread === null ? client : new ThreadedClient(client, thread));
  const directory = new LibsqlDirectory(database);
  const { shards } = settings;
  const nowMs = clock.nowMs();
  const deployment = await openDeployment({ folder, directory, cipher, shards, nowMs });
  return {
    folder,
    cipher,
    database,
    directory,
    people: new LibsqlPeople(database),
    passwords: new ScryptPasswords(new BoundedMap<string, LoginBucket>(LOGIN_BUCKETS_MAX)),
    deployment,
    async catchUp() {
      isMigrated ||= await migrateRecords(client);
    },
    async close() {
      await thread?.close();
      client.close();
    },
  };
}

function cipherOf(masterKey: string): Cipher {
  try {
    return createCipher(masterKey);
  } catch (error) {
    throw new SettingsError(`${whyOf(error)}.`, { cause: error });
  }
}

/** The records of LIBSQL_URL, or those in the folder. Only a file is looked into here: a server may be away. */
async function recordsOf(settings: Settings, folder: DataFolder): Promise<Client> {
  const { libsqlUrl, libsqlToken } = settings;
  const path = folder.fileOf("records.db");
  try {
    return await openRecords(
      libsqlUrl === null
        ? { kind: "file", path }
        : { kind: "server", url: libsqlUrl, token: libsqlToken },
    );
  } catch (error) {
    const why = whyOf(error);
    throw new SettingsError(
      libsqlUrl === null
        ? `The records in ${path} cannot be opened (${why}). Restore the file from a backup.`
        : `LIBSQL_URL is no address of a libSQL server (${why}).`,
      { cause: error },
    );
  }
}

/** Proved and measured on Node; on Bun and Deno this thread writes. */
function threadOf({ libsqlUrl }: Settings, folder: DataFolder): RecordsThread | null {
  return libsqlUrl === null && isNode ? new RecordsThread(folder.fileOf("records.db")) : null;
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True when every migration is applied. Throws `SettingsError` for records of a newer version. */
async function migrateRecords(client: Client): Promise<true> {
  const outcome = await migrate(client, await readMigrations());
  if (!outcome.ok) throw new SettingsError(`The records: ${outcome.reason}.`);
  return true;
}
