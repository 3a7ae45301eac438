import records from "../migrations/0000_records.sql";
import type { Migration } from "../src/adapters/migrate.ts";

/** The migrations of the records in order, bundled as text: a Worker has no folder to read. */
export const MIGRATIONS: readonly Migration[] = [{ tag: "0000_records", sql: records }];
