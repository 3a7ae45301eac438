import type { Sql, SqlRow, SqlValue } from "../ports/shard-storage.ts";

/** What we use of `DurableObjectStorage`; named here because `src` compiles without Workers types. */
export interface DurableObjectSqlStorage {
  readonly sql: {
    exec(query: string, ...bindings: SqlValue[]): { toArray(): readonly SqlRow[] };
  };
  transactionSync<T>(work: () => T): T;
}

/** The SQLite of one Durable Object. What it wrote is durable before any message leaves the object. */
export function durableObjectSql(storage: DurableObjectSqlStorage): Sql {
  return {
    // A cursor must not outlive the turn of the event loop, so all its rows are taken at once.
    all: (sql, ...params) => storage.sql.exec(sql, ...params).toArray(),
    run: (sql, ...params) => {
      storage.sql.exec(sql, ...params);
    },
    transaction: (work) => storage.transactionSync(work),
  };
}
