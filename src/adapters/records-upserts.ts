import type { InStatement, InValue } from "@libsql/client";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { JobTombstone, RecordsBatch } from "../ports/records.ts";

/**
 * How much one statement carries. A statement for many rows costs less than half of many statements,
 * and of rows in one JSON parameter that SQLite has to take apart again; these bounds stay far below
 * its 32,766 parameters and keep it from holding the write lock for long.
 */
export const UPSERT_LIMITS = { rowsMax: 500, charactersMax: 1_000_000 } as const;

/** How the rows of one table are put: repeated, split and reordered, they come to the same. */
interface Upsert<Row> {
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** The columns that may change in the life of a row. */
  readonly updated: readonly string[];
  /** Whether the row that comes replaces the one that is there. */
  readonly isNewer: string;
  /** In the order of `columns`; the body, which is the longest, comes last. */
  readonly values: (row: Row) => readonly InValue[];
}

/** The statements that put a batch into the records, in the order in which they must run. */
export function upserts(batch: RecordsBatch): readonly InStatement[] {
  const ids = [...batch.jobs, ...batch.deletedJobs].map((job) => job.id);
  return [
    ...statements(JOBS, batch.jobs),
    ...statements(TOMBSTONES, batch.deletedJobs),
    ...(ids.length === 0 ? [] : retag(ids)),
    ...statements(RUNS, batch.runs),
    ...statements(TICKS, batch.ticks),
  ];
}

const JOBS: Upsert<Job> = {
  table: "jobs",
  columns: [
    ...["id", "namespace", "name", "version", "deleted"],
    ...["state", "executor", "description", "body"],
  ],
  key: ["id"],
  updated: ["version", "deleted", "state", "executor", "description", "body"],
  isNewer: "excluded.version > jobs.version",
  values: (job) => [
    ...[job.id, job.namespace, job.spec.name, job.version, 0, job.state],
    job.spec.target.kind === "executor" ? job.spec.target.executor : null,
    job.spec.description,
    JSON.stringify(job),
  ],
};

/** A tombstone also wins over a row of its own version: a deleted job does not come back. */
const TOMBSTONES: Upsert<JobTombstone> = {
  ...JOBS,
  isNewer: "excluded.version >= jobs.version",
  values: (job) => [job.id, job.namespace, job.name, job.version, 1, null, null, null, null],
};

const RUNS: Upsert<Run> = {
  table: "runs",
  columns: [
    ...["id", "namespace", "job_id", "job_name", "version", "state", '"trigger"', "nominal_ms"],
    ...["created_ms", "duration_ms", "node", "error_message", "body"],
  ],
  key: ["id"],
  updated: ["version", "state", "duration_ms", "node", "error_message", "body"],
  isNewer: "excluded.version > runs.version",
  values: (run) => [
    ...[run.id, run.namespace, run.jobId, run.jobName, run.version],
    ...[run.phase.state, run.trigger.kind, run.nominalMs, run.createdMs],
    durationMsOf(run),
    run.attempts.at(-1)?.node ?? null,
    run.error?.message ?? null,
    JSON.stringify(run),
  ],
};

/**
 * A tick has no version. The later plan wins, then the longer range, then the greater text: any rule
 * would do that gives one answer whatever the order of arrival.
 */
const TICKS: Upsert<Tick> = {
  table: "ticks",
  columns: ["job_id", "nominal_ms", "namespace", "to_ms", "planned_ms", "body"],
  key: ["job_id", "nominal_ms"],
  updated: ["to_ms", "planned_ms", "body"],
  isNewer:
    "(excluded.planned_ms, excluded.to_ms, excluded.body)" +
    " > (ticks.planned_ms, ticks.to_ms, ticks.body)",
  values: (tick) => [
    ...[tick.jobId, tick.nominalMs, tick.namespace, tick.toMs, tick.plannedMs],
    JSON.stringify(tick),
  ],
};

function durationMsOf({ phase, startedMs }: Run): number | null {
  return "endedMs" in phase && startedMs !== null ? phase.endedMs - startedMs : null;
}

function statements<Row>(upsert: Upsert<Row>, rows: readonly Row[]): readonly InStatement[] {
  return chunks(rows.map(upsert.values)).map((chunk) => ({
    sql: textOf(upsert, chunk.length),
    args: chunk.flat(),
  }));
}

/** Parts of at most `UPSERT_LIMITS`, unless a single row is longer than that. */
function chunks(rows: readonly (readonly InValue[])[]): (readonly InValue[])[][] {
  const result: (readonly InValue[])[][] = [];
  let chunk: (readonly InValue[])[] = [];
  let characters = 0;
  for (const row of rows) {
    const body = row.at(-1);
    const length = typeof body === "string" ? body.length : 0;
    const isFull =
      chunk.length === UPSERT_LIMITS.rowsMax || characters + length > UPSERT_LIMITS.charactersMax;
    if (chunk.length === 0 || isFull) {
      chunk = [];
      characters = 0;
      result.push(chunk);
    }
    chunk.push(row);
    characters += length;
  }
  return result;
}

/** `insert … values (?, …), … on conflict … do update … where …` for so many rows. */
function textOf<Row>(upsert: Upsert<Row>, rows: number): string {
  const { table, columns, key, updated, isNewer } = upsert;
  const row = `(${columns.map(() => "?").join()})`;
  const changes = updated.map((column) => `${column} = excluded.${column}`);
  return (
    `insert into ${table} (${columns.join()}) values ${Array(rows).fill(row).join()}` +
    ` on conflict (${key.join()}) do update set ${changes.join()} where ${isNewer}`
  );
}

/**
 * Tags are taken from the rows that were kept, not from the rows that came: an old row that changed
 * nothing does not change the tags either.
 */
function retag(ids: readonly string[]): readonly InStatement[] {
  const args = [JSON.stringify(ids)];
  return [
    { sql: "delete from job_tags where job_id in (select value from json_each(?))", args },
    {
      sql: `insert or ignore into job_tags (job_id, tag, namespace, name)
        select jobs.id, tag.value, jobs.namespace, jobs.name
        from jobs, json_each(jobs.body, '$.spec.tags') as tag
        where jobs.id in (select value from json_each(?)) and jobs.deleted = 0`,
      args,
    },
  ];
}
