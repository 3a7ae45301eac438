import type { RecordsBatch, RecordsWriter } from "../ports/records.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { isUnreachable } from "./libsql-failure.ts";
import { upserts } from "./records-upserts.ts";

/**
 * The records in libSQL, as a shard writes them: one atomic request for each batch. It speaks to
 * the client below drizzle, which takes longer to build a statement of 6,500 parameters than SQLite
 * takes to run it.
 */
export class LibsqlRecords implements RecordsWriter {
  readonly #client: Pick<RecordsDatabase["$client"], "batch">;

  constructor(database: Pick<RecordsDatabase, "$client">) {
    this.#client = database.$client;
  }

  async write(batch: RecordsBatch): Promise<boolean> {
    const statements = upserts(batch);
    if (statements.length === 0) return true;
    try {
      await this.#client.batch([...statements], "write");
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
  }
}
