import type { Client } from "@libsql/client";

const HOUR_MS = 3_600_000;
/** Rows written by one statement. */
const ROWS_AT_ONCE = 50_000;
/** How long before now the runs begin. */
const SPAN_MS = 30 * 24 * HOUR_MS;

/**
 * Fills the records with so many ended runs over the last 30 days, one of each 20 failed, of all jobs in turn.
 * Each is a copy of the one run that is there. Indexes and triggers are made anew behind the rows, which takes
 * a fraction of the time that it takes with them. Returns how long it took.
 */
export async function fillRuns(client: Client, runs: number, nowMs: number): Promise<number> {
  const beganMs = performance.now();
  await client.execute("pragma synchronous = off");
  const { rows } = await client.execute(
    `select 'drop ' || type || ' ' || name as undo, sql as redo from sqlite_master
      where tbl_name = 'runs' and sql is not null and type in ('index', 'trigger')`,
  );
  for (const { undo } of rows) await client.execute(textOf(undo));
  await client.execute(`create temp table places as
    select row_number() over () - 1 as place, id, name from jobs where deleted = 0`);
  await client.execute("create unique index temp.places_by_place on places (place)");
  const { rows: counted } = await client.execute("select count(*) as jobs from places");
  const jobs = Number(counted[0]?.["jobs"]);
  for (let from = 0; from < runs; from += ROWS_AT_ONCE)
    await client.execute({
      sql: INSERT,
      args: [from, Math.min(runs, from + ROWS_AT_ONCE), jobs, nowMs - SPAN_MS, SPAN_MS / runs],
    });
  for (const { redo } of rows) await client.execute(textOf(redo));
  await client.execute(`insert or replace into run_counts
    select namespace, created_ms - created_ms % ${HOUR_MS}, state, count(*) from runs
    where "trigger" <> 'shard' group by 1, 2, 3`);
  await client.execute("drop table places");
  await client.execute("pragma wal_checkpoint(truncate)");
  return Math.round(performance.now() - beganMs);
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new Error("a statement is text");
  return value;
}

const INSERT = `
  with recursive
    number(n) as (select ?1 union all select n + 1 from number where n + 1 < ?2),
    origin as materialized (select * from runs where id = (select min(id) from runs)),
    made as (
      select n, (n * 26544357 / 4096) % 1000003 as draw, places.id as job_id, places.name as job_name,
        'run_' || printf('%012x', cast(?4 + n * ?5 as integer)) || printf('7%03x', n % 4096)
          || printf('8%015x', n) || '00' as id,
        cast(?4 + n * ?5 as integer) as at_ms
      from number join places on places.place = (n * 7919) % ?3),
    ended as (
      select made.*, case when draw % 20 = 7 then 'failed' when draw % 500 = 3 then 'timed_out'
        else 'succeeded' end as state
      from made)
  insert into runs (id, namespace, job_id, job_name, version, state, "trigger", nominal_ms, created_ms,
    duration_ms, node, error_message, body, workflow_run)
  select ended.id, origin.namespace, ended.job_id, ended.job_name, 3, ended.state,
    case when draw % 50 = 0 then 'manual' else 'tick' end, at_ms, at_ms, draw % 60000,
    'http://10.0.0.' || (draw % 100) || ':9000',
    case when ended.state = 'failed' then 'connect ECONNREFUSED 10.0.3.' || (draw % 200) end,
    replace(replace(replace(origin.body, origin.id, ended.id), origin.job_id, ended.job_id),
      '"' || origin.job_name || '"', '"' || ended.job_name || '"'),
    null
  from ended cross join origin`;
