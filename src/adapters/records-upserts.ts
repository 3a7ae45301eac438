import { sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { JobTombstone, RecordsBatch } from "../ports/records.ts";
import { jobs, jobTags, runs, ticks } from "./records-schema.ts";

/**
 * How much one statement carries. Rows travel as one JSON parameter, which costs an eighth of a
 * statement for each row; the bounds keep a statement from holding the write lock for long.
 */
export const UPSERT_LIMITS = { rowsMax: 500, charactersMax: 1_000_000 } as const;

/**
 * The statements that put a batch into the records, in order. Each keeps a row unless a newer one is
 * there, so batches may be repeated, split and reordered: what is stored in the end is the same.
 */
export function upserts(batch: RecordsBatch): readonly SQL[] {
  const statements: SQL[] = [];
  for (const rows of chunks(batch.jobs)) statements.push(upsertJobs(rows));
  for (const rows of chunks(batch.deletedJobs)) statements.push(buryJobs(rows));
  for (const rows of chunks(idsOf(batch))) statements.push(dropTags(rows), addTags(rows));
  for (const rows of chunks(batch.runs)) statements.push(upsertRuns(rows));
  for (const rows of chunks(batch.ticks)) statements.push(upsertTicks(rows));
  return statements;
}

function idsOf(batch: RecordsBatch): readonly string[] {
  const tombstones: readonly JobTombstone[] = batch.deletedJobs;
  return [...batch.jobs.map((job) => job.id), ...tombstones.map((job) => job.id)];
}

/** Rows as JSON arrays, none longer than `UPSERT_LIMITS` unless a single row is. */
export function chunks(rows: readonly unknown[]): readonly string[] {
  const result: string[] = [];
  let texts: string[] = [];
  let characters = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    const isFull =
      texts.length === UPSERT_LIMITS.rowsMax ||
      characters + text.length > UPSERT_LIMITS.charactersMax;
    if (isFull && texts.length > 0) {
      result.push(`[${texts.join()}]`);
      texts = [];
      characters = 0;
    }
    texts.push(text);
    characters += text.length + 1;
  }
  if (texts.length > 0) result.push(`[${texts.join()}]`);
  return result;
}

// `where true` keeps the parser from taking `on conflict` for the condition of a join:
// https://www.sqlite.org/lang_upsert.html, "Parsing Ambiguity".

function upsertJobs(rows: string): SQL {
  return sql`
    insert into ${jobs} (id, namespace, name, version, deleted, state, executor, description, body)
    select value ->> '$.id', value ->> '$.namespace', value ->> '$.spec.name',
      value ->> '$.version', 0, value ->> '$.state', value ->> '$.spec.target.executor',
      value ->> '$.spec.description', value
    from json_each(${rows}) where true
    on conflict (id) do update set
      version = excluded.version, deleted = 0, state = excluded.state,
      executor = excluded.executor, description = excluded.description, body = excluded.body
    where excluded.version > jobs.version`;
}

/** A tombstone also wins over a row of its own version: a job does not come back. */
function buryJobs(rows: string): SQL {
  return sql`
    insert into ${jobs} (id, namespace, name, version, deleted)
    select value ->> '$.id', value ->> '$.namespace', value ->> '$.name', value ->> '$.version', 1
    from json_each(${rows}) where true
    on conflict (id) do update set
      version = excluded.version, deleted = 1, state = null,
      executor = null, description = null, body = null
    where excluded.version >= jobs.version`;
}

// Tags are taken from the rows that were kept, not from the rows that came, so that an old row which
// changed nothing does not change the tags either.

function dropTags(ids: string): SQL {
  return sql`delete from ${jobTags} where job_id in (select value from json_each(${ids}))`;
}

function addTags(ids: string): SQL {
  return sql`
    insert or ignore into ${jobTags} (job_id, tag, namespace, name)
    select jobs.id, tag.value, jobs.namespace, jobs.name
    from ${jobs}, json_each(jobs.body, '$.spec.tags') as tag
    where jobs.id in (select value from json_each(${ids})) and jobs.deleted = 0`;
}

function upsertRuns(rows: string): SQL {
  return sql`
    insert into ${runs} (id, namespace, job_id, job_name, version, state, "trigger", nominal_ms,
      created_ms, duration_ms, node, error_message, body)
    select value ->> '$.id', value ->> '$.namespace', value ->> '$.jobId', value ->> '$.jobName',
      value ->> '$.version', value ->> '$.phase.state', value ->> '$.trigger.kind',
      value ->> '$.nominalMs', value ->> '$.createdMs',
      (value ->> '$.phase.endedMs') - (value ->> '$.startedMs'),
      value ->> '$.attempts[#-1].node', value ->> '$.error.message', value
    from json_each(${rows}) where true
    on conflict (id) do update set
      version = excluded.version, state = excluded.state, duration_ms = excluded.duration_ms,
      node = excluded.node, error_message = excluded.error_message, body = excluded.body
    where excluded.version > runs.version`;
}

/**
 * A tick has no version. The later plan wins, then the longer range, then the greater text: any rule
 * would do that gives one answer whatever the order of arrival.
 */
function upsertTicks(rows: string): SQL {
  return sql`
    insert into ${ticks} (job_id, nominal_ms, namespace, to_ms, planned_ms, body)
    select value ->> '$.jobId', value ->> '$.nominalMs', value ->> '$.namespace',
      value ->> '$.toMs', value ->> '$.plannedMs', value
    from json_each(${rows}) where true
    on conflict (job_id, nominal_ms) do update set
      to_ms = excluded.to_ms, planned_ms = excluded.planned_ms, body = excluded.body
    where (excluded.planned_ms, excluded.to_ms, excluded.body)
      > (ticks.planned_ms, ticks.to_ms, ticks.body)`;
}
