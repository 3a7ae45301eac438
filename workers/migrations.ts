import records from "../migrations/0000_records.sql";
import calendars from "../migrations/0001_calendars.sql";
import backfillRuns from "../migrations/0002_backfill_runs.sql";
import executors from "../migrations/0003_executors.sql";
import workflows from "../migrations/0004_workflows.sql";
import people from "../migrations/0005_people.sql";
import stats from "../migrations/0006_stats.sql";
import type { Migration } from "../src/adapters/migrate.ts";

/** The migrations of the records in order, bundled as text: a Worker has no folder to read. */
export const MIGRATIONS: readonly Migration[] = [
  { tag: "0000_records", sql: records },
  { tag: "0001_calendars", sql: calendars },
  { tag: "0002_backfill_runs", sql: backfillRuns },
  { tag: "0003_executors", sql: executors },
  { tag: "0004_workflows", sql: workflows },
  { tag: "0005_people", sql: people },
  { tag: "0006_stats", sql: stats },
];
