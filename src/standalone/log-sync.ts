import { open } from "node:fs/promises";

type Handle = Awaited<ReturnType<typeof open>>;

/**
 * Brings what SQLite has written to its write-ahead log to the disk, without holding up this process as SQLite itself
 * would. Whoever comes while the disk is busy is served together with all others by its next turn.
 */
export class LogSync {
  readonly #path: string;
  #handle: Promise<Handle> | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** Of a database that is open in this process, on a file and in the mode `wal`. */
  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  /** Resolves once everything that was committed before this call survives a power cut. */
  synced(): Promise<void> {
    if (this.#running === null) return this.#run();
    const run = (): Promise<void> => {
      this.#next = null;
      return this.#run();
    };
    this.#next ??= this.#running.then(run, run);
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await (await this.#handle?.catch(() => null))?.close();
  }

  #run(): Promise<void> {
    this.#running = this.#sync().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #sync(): Promise<void> {
    // The file stays the same while the database is open.
    this.#handle ??= open(this.#path, "r+");
    await (await this.#handle).datasync();
  }
}
