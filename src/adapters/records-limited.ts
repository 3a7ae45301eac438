import { and, eq, inArray, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { RunsQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { jobs, runs } from "./records-schema.ts";
import { orderByTime, type TimeOrder } from "./records-walks.ts";

// Lists for those who are limited to named executors. Runs do not say whose they are in an index of their own, so
// they are found by the jobs.

/** That a row's job names one of these executors now; nothing where nobody is limited. */
export function isOfExecutors({
  namespace,
  executors,
}: Pick<RunsQuery, "namespace" | "executors">): SQL | undefined {
  if (executors === undefined) return undefined;
  return sql`+${runs.jobId} in (select id from ${jobs}
    where ${ownJobs(sql`jobs`, namespace, executors)})`;
}

/** Jobs whose runs are walked each on its own; of more than these, a walk through all runs soon meets some. */
const JOBS_WALKED_MAX = 200;

/**
 * Whether the first runs of each job make up the list: nothing but the executors narrows it, and they have few jobs.
 */
export async function doJobsLead(database: RecordsDatabase, query: RunsQuery): Promise<boolean> {
  const { namespace, executors = [] } = query;
  if (!isOnlyOfExecutors(query)) return false;
  const counted = sql`select count(*) as n from (select 1 from ${jobs}
    where ${ownJobs(sql`jobs`, namespace, executors)} limit ${JOBS_WALKED_MAX + 1})`;
  const rows = await reach(database.all<{ readonly n: number }>(counted));
  return (rows[0]?.n ?? 0) <= JOBS_WALKED_MAX;
}

function isOnlyOfExecutors(query: RunsQuery): boolean {
  const { executors, job, workflow, workflowRun, parent, backfill, node, trigger, states } = query;
  const { fromMs, toMs, slowerThanMs, q } = query;
  if (executors === undefined || states.length > 0) return false;
  const others = [job, workflow, workflowRun, parent, backfill, node, trigger];
  return [...others, fromMs, toMs, slowerThanMs, q].every((asked) => asked === null);
}

/** The ids of the first rows of each job: each walk of its index stops at its own limit. */
export function firstOfEachJob(
  { namespace, executors = [] }: Pick<RunsQuery, "namespace" | "executors">,
  rows: { readonly filter: SQL | undefined; readonly order: TimeOrder; readonly limit: number },
): SQL {
  const { filter, order, limit } = rows;
  const orderBy = sql.join([...orderByTime(order)], sql`, `);
  // The join is crossed so that the jobs lead.
  return sql`(select mine.id from ${jobs} as own cross join ${runs} as mine
    where ${ownJobs(sql`own`, namespace, executors)} and mine.id in (
      select id from ${runs} where ${and(sql`${runs.jobId} = own.id`, filter)}
      order by ${orderBy} limit ${limit}))`;
}

function ownJobs(table: SQL, namespace: string, executors: readonly string[]): SQL {
  return sql`${table}.deleted = 0 and ${table}.namespace = ${namespace}
    and ${table}.executor in ${executors}`;
}

/**
 * That a job is among the first of one of the executors. `walk` is what else is asked of them, with the cursor; each
 * walk is in the order of the names.
 */
export function isFirstOfEachExecutor(
  { namespace, executors }: { readonly namespace: string; readonly executors: readonly string[] },
  { walk, limit }: { readonly walk: SQL | undefined; readonly limit: number },
): SQL {
  if (executors.length === 0) return sql`false`;
  const isOwn = and(sql`deleted = 0`, eq(jobs.namespace, namespace));
  const arms = executors.map(
    (appKey) => sql`select id from (select ${jobs.id} from ${jobs}
      where ${and(isOwn, eq(jobs.executor, appKey), walk)}
      order by ${jobs.name}, ${jobs.id} limit ${limit})`,
  );
  return inArray(jobs.id, sql`(${sql.join(arms, sql` union all `)})`);
}
