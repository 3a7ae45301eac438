import type { RecordsBatch, RecordsWriter } from "../ports/records.ts";
import { isUnreachable } from "./libsql-database.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { upserts } from "./records-upserts.ts";

/** The records in libSQL, as a shard writes them: one atomic request for each batch. */
export class LibsqlRecords implements RecordsWriter {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async write(batch: RecordsBatch): Promise<boolean> {
    const [first, ...others] = upserts(batch);
    if (first === undefined) return true;
    const database = this.#database;
    try {
      await database.batch([database.run(first), ...others.map((query) => database.run(query))]);
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
  }
}
