import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlAuditStorage } from "../../src/adapters/sql-audit-storage.ts";
import { assert } from "../../src/core/assert.ts";
import type { Sql, SqlRow, SqlValue } from "../../src/ports/shard-storage.ts";

/** All that the writer of an audit log has on its disk. */
export interface DiskCopy {
  readonly entries: readonly SqlRow[];
  readonly notes: readonly SqlRow[];
}

export const EMPTY_DISK: DiskCopy = { entries: [], notes: [] };

const SQL = {
  entries: "select namespace, seq, hash, body from entries",
  notes: "select id, namespace, body from notes",
  addEntry: "insert into entries (namespace, seq, hash, body) values (?, ?, ?, ?)",
  addNote: "insert into notes (id, namespace, body) values (?, ?, ?)",
} as const;

/**
 * The storage of one life of a writer. It is copied with each commit: a power cut leaves any copy that is not older
 * than the last sync. After the cut nothing that the writer does reaches it, and no sync ends.
 */
export class AuditDisk implements Sql {
  readonly storage: SqlAuditStorage;
  readonly #db: ReturnType<typeof openNodeSqlite>;
  readonly #turn: () => Promise<void>;
  readonly #copies: DiskCopy[] = [];
  #synced = 0;
  #isCut = false;

  /** `turn` is how long the disk takes for a sync. */
  constructor(copy: DiskCopy, turn: () => Promise<void>) {
    this.#db = openNodeSqlite(":memory:");
    this.#turn = turn;
    this.storage = new SqlAuditStorage(this, () => this.#sync());
    for (const row of copy.entries)
      this.#db.run(SQL.addEntry, ...valuesOf(row, ["namespace", "seq", "hash", "body"]));
    for (const row of copy.notes)
      this.#db.run(SQL.addNote, ...valuesOf(row, ["id", "namespace", "body"]));
    this.#copies.length = 0;
    this.#copies.push(copy);
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Cuts the power. `choice` in [0, 1) is how much of what was not synced is left. */
  cut(choice: number): DiskCopy {
    this.#isCut = true;
    this.#db.close();
    const left = this.#copies.slice(this.#synced);
    const copy = left[Math.floor(choice * left.length)];
    assert(copy !== undefined, "what was synced is left");
    return copy;
  }

  all(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[] {
    this.#refuse();
    return this.#db.all(sql, ...params);
  }

  run(sql: string, ...params: readonly SqlValue[]): void {
    this.#refuse();
    this.#db.run(sql, ...params);
  }

  transaction<T>(work: () => T): T {
    this.#refuse();
    const done = this.#db.transaction(work);
    const { entries, notes } = SQL;
    if (this.#db.all("select 1 from sqlite_master where name = 'notes'").length > 0)
      this.#copies.push({ entries: this.#db.all(entries), notes: this.#db.all(notes) });
    return done;
  }

  async #sync(): Promise<void> {
    const upTo = this.#copies.length - 1;
    await this.#turn();
    if (this.#isCut) return new Promise(() => {});
    this.#synced = Math.max(this.#synced, upTo);
  }

  #refuse(): void {
    if (this.#isCut) throw new Error("the power is cut");
  }
}

function valuesOf(row: SqlRow, columns: readonly string[]): readonly SqlValue[] {
  return columns.map((column) => row[column] ?? null);
}
