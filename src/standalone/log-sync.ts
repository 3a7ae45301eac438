import { open } from "node:fs/promises";
import { openNodeSqlite, type NodeSql } from "../adapters/node-sqlite.ts";

/**
 * Opens a database whose commits reach the disk apart from this thread: a commit alone survives a crash of this
 * process, a power cut only once its log is synced. In memory there is nothing to sync.
 */
export function openSyncedApart(path: string): {
  readonly sql: NodeSql;
  readonly sync: LogSync | null;
} {
  const sql = openNodeSqlite(path);
  sql.run("pragma synchronous = normal");
  return { sql, sync: path === ":memory:" ? null : new LogSync(path, () => sql.commits) };
}

type Handle = Awaited<ReturnType<typeof open>>;

/**
 * Brings what SQLite has written to its write-ahead log to the disk, without holding up this process as SQLite itself
 * would. Whoever comes while the disk is busy is served together with all others by its next turn.
 */
export class LogSync {
  readonly #path: string;
  readonly #commits: () => number;
  #durable = 0;
  #handle: Promise<Handle> | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** Of a database that is open in this process, on a file and in the mode `wal`. */
  constructor(databasePath: string, commits: () => number) {
    this.#path = `${databasePath}-wal`;
    this.#commits = commits;
  }

  /** Null when everything that was committed survives a power cut already; else when it does. */
  durable(): Promise<void> | null {
    return this.#commits() === this.#durable ? null : this.synced();
  }

  /** Resolves once everything that was committed before this call survives a power cut. */
  synced(): Promise<void> {
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await (await this.#handle?.catch(() => null))?.close();
  }

  /** The sync that follows the one under way: whoever comes before it begins is served by it. */
  async #after(running: Promise<void> | null): Promise<void> {
    await running?.catch(() => undefined);
    const own = this.#sync();
    this.#running = own;
    this.#next = null;
    await own;
  }

  async #sync(): Promise<void> {
    const handle = await this.#open();
    const commits = this.#commits();
    await handle.datasync();
    this.#durable = commits;
  }

  /** The file stays the same while the database is open. What could not be opened is tried anew. */
  #open(): Promise<Handle> {
    this.#handle ??= open(this.#path, "r+").catch((error: unknown) => {
      this.#handle = null;
      throw error;
    });
    return this.#handle;
  }
}
