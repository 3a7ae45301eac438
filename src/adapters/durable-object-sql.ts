import type { Sql, SqlRow, SqlValue } from "../ports/shard-storage.ts";

/** What we use of `DurableObjectStorage`; named here because `src` compiles without Workers types. */
export interface DurableObjectSqlStorage {
  readonly sql: {
    exec(
      query: string,
      ...bindings: SqlValue[]
    ): { toArray(): readonly SqlRow[]; readonly rowsWritten: number };
  };
  transactionSync<T>(work: () => T): T;
}

/**
 * The SQLite of one Durable Object. What it wrote is durable before any message leaves the object. It counts
 * the rows it wrote, index entries included, as the platform does for its bill.
 */
export function durableObjectSql(
  storage: DurableObjectSqlStorage,
): Sql & { readonly rowsWritten: number } {
  let rowsWritten = 0;
  return {
    get rowsWritten() {
      return rowsWritten;
    },
    // A cursor must not outlive the turn of the event loop, so all its rows are taken at once.
    all: (sql, ...params) => {
      const cursor = storage.sql.exec(sql, ...params);
      const rows = cursor.toArray();
      rowsWritten += cursor.rowsWritten;
      return rows;
    },
    run: (sql, ...params) => {
      rowsWritten += storage.sql.exec(sql, ...params).rowsWritten;
    },
    transaction: (work) => storage.transactionSync(work),
  };
}
