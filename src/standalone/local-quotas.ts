import { openNodeSqlite } from "../adapters/node-sqlite.ts";
import { SqlQuotaBook } from "../adapters/sql-quota-book.ts";
import type { QuotaBook, Quotas } from "../ports/quotas.ts";

/** The quota books of all namespaces of a standalone deployment, in one file. */
export class LocalQuotas implements Quotas {
  readonly #sql: ReturnType<typeof openNodeSqlite>;

  /** Opens the file. Throws one clear line when another process has it. */
  constructor(path: string) {
    this.#sql = openNodeSqlite(path);
  }

  of(namespace: string): QuotaBook {
    return new SqlQuotaBook(this.#sql, namespace);
  }

  close(): void {
    this.#sql.close();
  }
}
