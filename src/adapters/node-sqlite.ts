import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { assert } from "../core/assert.ts";
import type { Sql, SqlRow, SqlValue } from "../ports/shard-storage.ts";

const LIMITS = {
  /** Statements kept prepared; the storage has about forty. */
  statementsMax: 128,
  /** How long an open waits for a process that is just ending to let go of the file. */
  lockWaitMs: 1_000,
  pageCacheKib: 32_768,
  /** Pages written to the log before it is folded into the file: 32 MiB of the 8 KiB pages below. */
  checkpointPages: 4_096,
  logKeptBytes: 67_108_864,
} as const;

/**
 * A run is about 1 KB, and a table clustered by its key keeps at most a quarter of a page of a row in
 * place: pages of 8 KiB keep a run whole, pages of 4 KiB would give each run a page of its own.
 */
const SETTINGS: readonly string[] = [
  `pragma busy_timeout = ${LIMITS.lockWaitMs}`,
  "pragma page_size = 8192",
  // Before the log is first touched: then its index lives in this process, and no other gets in.
  "pragma locking_mode = exclusive",
  "pragma journal_mode = wal",
  "pragma synchronous = full",
  `pragma cache_size = -${LIMITS.pageCacheKib}`,
  `pragma wal_autocheckpoint = ${LIMITS.checkpointPages}`,
  `pragma journal_size_limit = ${LIMITS.logKeptBytes}`,
  "pragma temp_store = memory",
  "pragma foreign_keys = off",
  // Takes the lock now; in this locking mode it is kept until the file is closed.
  "begin exclusive",
  "commit",
];

export interface NodeSql extends Sql {
  /** How many transactions with writes have been committed since the file was opened. */
  readonly commits: number;
  close(): void;
}

/**
 * SQLite as Node, Bun and Deno carry it, on a file or on `":memory:"`. A file belongs to one process:
 * opening it while another one has it open throws. A commit that has returned survives a power cut.
 */
export function openNodeSqlite(path: string): NodeSql {
  const db = new DatabaseSync(path);
  try {
    for (const setting of SETTINGS) db.exec(setting);
  } catch (cause) {
    db.close();
    if (isLocked(cause)) {
      throw new Error(`another process is using ${path}: stop it, or choose another folder`, {
        cause,
      });
    }
    throw new Error(`${path} cannot be opened as a database`, { cause });
  }
  return new NodeSqlite(db);
}

class NodeSqlite implements NodeSql {
  commits = 0;
  #changes = 0;
  readonly #db: DatabaseSync;
  /** In the order of preparing; the oldest leaves first. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  all(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[] {
    // The types allow blobs and bigints too; our tables hold none, and reading bigints is off.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no blobs, no bigints
    return this.#statement(sql).all(...params) as readonly SqlRow[];
  }

  run(sql: string, ...params: readonly SqlValue[]): void {
    this.#statement(sql).run(...params);
  }

  transaction<T>(work: () => T): T {
    assert(!this.#db.isTransaction, "transactions do not nest");
    this.#db.exec("begin immediate");
    try {
      const value = work();
      this.#db.exec("commit");
      this.#countCommit();
      return value;
    } catch (error) {
      // SQLite has already rolled back by itself after some faults, such as a full disk.
      if (this.#db.isTransaction) this.#db.exec("rollback");
      throw error;
    }
  }

  /** A commit of a transaction that has only read is none. */
  #countCommit(): void {
    const changes = Number(this.all("select total_changes() as changes")[0]?.["changes"]);
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.commits++;
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    if (this.#statements.size >= LIMITS.statementsMax) {
      const oldest = this.#statements.keys().next();
      if (oldest.done !== true) this.#statements.delete(oldest.value);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Deno tells the fault in the message only. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database is locked");
}
