import { and, asc, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import type { Job } from "../core/job.ts";
import type { JobsQuery, Page } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor, encodeCursor } from "./records-cursor.ts";
import { isFirstOfEachExecutor } from "./records-limited.ts";
import { containsText, isEqual, PAGE_LIMITS, pageOf, rowsToAsk } from "./records-page.ts";
import { jobs, jobTags } from "./records-schema.ts";

// Names are unique in a shard, but a deleted job and its successor of the same name may reach the
// records in any order: the id makes the order of a page total.
const LIST = "jobs";

/** Jobs that are not deleted, by (name, id). */
export async function jobsPage(database: RecordsDatabase, query: JobsQuery): Promise<Page<Job>> {
  const edge = isNarrowed(query) ? await edgeOfJobs(database, query) : null;
  const rows = await reach(jobsQuery(database, query, edge));
  const page = pageOf(rows, query.limit, {
    item: ({ body }) => {
      assert(body !== null, "a job that is not deleted has a body");
      return body;
    },
    keyset: ({ name, id }) => ({ list: LIST, keys: [name, id] }),
  });
  if (edge === null || page.nextCursor !== null) return page;
  return { ...page, nextCursor: encodeCursor({ list: LIST, keys: [edge.name, edge.id] }) };
}

/** The last job that a page looks at. */
interface Edge {
  readonly name: string;
  readonly id: string;
}

/** Whether jobs may be passed over that the walk of the list finds, so that the walk needs a bound. */
function isNarrowed({ q, tag, executor, executors, state }: JobsQuery): boolean {
  // Whoever is limited to executors has a walk for each of them, unless a tag leads.
  if (executors !== undefined) return tag !== null;
  return q !== null || [tag, executor, state].filter((asked) => asked !== null).length > 1;
}

/** Null when the walk is not that long. */
async function edgeOfJobs(database: RecordsDatabase, query: JobsQuery): Promise<Edge | null> {
  const { table, name, id, lead } = walkOf(query);
  const rows = await reach(
    database
      .select({ name, id })
      .from(table)
      .where(and(...lead))
      .orderBy(asc(name), asc(id))
      .limit(1)
      .offset(PAGE_LIMITS.lookedAtMax - 1),
  );
  return rows[0] ?? null;
}

/** Which index leads: that of the tags, of the executors, of the states or of the names. */
function walkOf(query: JobsQuery) {
  const { namespace, tag, cursor, executor, state } = query;
  if (tag !== null) {
    const { name, jobId: id } = jobTags;
    const isTagged = [eq(jobTags.namespace, namespace), eq(jobTags.tag, tag)];
    return { table: jobTags, name, id, lead: [...isTagged, after(cursor, sql`(${name}, ${id})`)] };
  }
  const { name, id } = jobs;
  const leading =
    executor === null ? state !== null && eq(jobs.state, state) : eq(jobs.executor, executor);
  const lead = [
    sql`deleted = 0`,
    eq(jobs.namespace, namespace),
    leading === false ? undefined : leading,
    after(cursor, sql`(${name}, ${id})`),
  ];
  return { table: jobs, name, id, lead };
}

/** The statement behind `jobsPage`: the walk, what else is asked of a job, and how far it goes. */
function jobsQuery(database: RecordsDatabase, query: JobsQuery, edge: Edge | null) {
  const { name, id, lead } = walkOf(query);
  const { tag, executors, limit } = query;
  const within = edge === null ? undefined : sql`(${name}, ${id}) <= (${edge.name}, ${edge.id})`;
  const columns = { id: jobs.id, name: jobs.name, body: jobs.body };
  const from = database.select(columns);
  const rows =
    tag === null
      ? from.from(jobs).$dynamic()
      : from.from(jobTags).innerJoin(jobs, eq(jobs.id, jobTags.jobId)).$dynamic();
  const isOfEach = executors !== undefined && tag === null;
  return rows
    .where(isOfEach ? ofEach(query, executors) : and(...lead, within, ...othersOf(query)))
    .orderBy(asc(name), asc(id))
    .limit(rowsToAsk(limit));
}

/** What else is asked of a job than what leads. */
function othersOf({ tag, executor, executors, state, q }: JobsQuery): readonly (SQL | undefined)[] {
  const doesStateLead = tag === null && executor === null;
  return [
    executor === null || tag === null ? undefined : isEqual(jobs.executor, executor),
    executors === undefined ? undefined : sql`+${jobs.executor} in ${executors}`,
    state === null || doesStateLead ? undefined : isEqual(jobs.state, state),
    q === null ? undefined : containsText(q, [jobs.name, jobs.description]),
  ];
}

/** The first jobs of each of the executors that somebody is limited to. */
function ofEach(query: JobsQuery, executors: readonly string[]): SQL {
  const { namespace, executor, state, q, cursor, limit } = query;
  const wanted = executors.filter((appKey) => executor === null || appKey === executor);
  const walk = and(
    after(cursor, sql`(${jobs.name}, ${jobs.id})`),
    state === null ? undefined : isEqual(jobs.state, state),
    q === null ? undefined : containsText(q, [jobs.name, jobs.description]),
  );
  const of = { namespace, executors: wanted };
  return isFirstOfEachExecutor(of, { walk, limit: rowsToAsk(limit) });
}

function after(cursor: string | null, place: SQL): SQL | undefined {
  if (cursor === null) return undefined;
  const [name, id] = decodeCursor(cursor, LIST, isNameAndId);
  return sql`${place} > (${name}, ${id})`;
}

function isNameAndId(keys: readonly unknown[]): keys is readonly [string, string] {
  return keys.length === 2 && keys.every((key) => typeof key === "string");
}
