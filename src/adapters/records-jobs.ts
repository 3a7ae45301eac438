import { and, asc, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import type { Job } from "../core/job.ts";
import type { JobsQuery, Page } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor } from "./records-cursor.ts";
import { containsText, isEqual, pageOf, rowsToAsk } from "./records-page.ts";
import { jobs, jobTags } from "./records-schema.ts";

// Names are unique in a shard, but a deleted job and its successor of the same name may reach the
// records in any order: the id makes the order of a page total.
const LIST = "jobs";

/** Jobs that are not deleted, by (name, id). */
export async function jobsPage(database: RecordsDatabase, query: JobsQuery): Promise<Page<Job>> {
  const rows = await reach(jobsQuery(database, query));
  return pageOf(rows, query.limit, {
    item: ({ body }) => {
      assert(body !== null, "a job that is not deleted has a body");
      return body;
    },
    keyset: ({ name, id }) => ({ list: LIST, keys: [name, id] }),
  });
}

/** The statement behind `jobsPage`, apart so that its plan can be looked at. */
export function jobsQuery(database: RecordsDatabase, query: JobsQuery) {
  const columns = { id: jobs.id, name: jobs.name, body: jobs.body };
  const q = query.q === null ? undefined : containsText(query.q, [jobs.name, jobs.description]);
  if (query.tag !== null) {
    return database
      .select(columns)
      .from(jobTags)
      .innerJoin(jobs, eq(jobs.id, jobTags.jobId))
      .where(
        and(
          eq(jobTags.namespace, query.namespace),
          eq(jobTags.tag, query.tag),
          after(query.cursor, sql`(${jobTags.name}, ${jobTags.jobId})`),
          query.executor === null ? undefined : isEqual(jobs.executor, query.executor),
          query.state === null ? undefined : isEqual(jobs.state, query.state),
          q,
        ),
      )
      .orderBy(asc(jobTags.name), asc(jobTags.jobId))
      .limit(rowsToAsk(query.limit));
  }
  return database
    .select(columns)
    .from(jobs)
    .where(
      and(
        sql`deleted = 0`,
        eq(jobs.namespace, query.namespace),
        executorAndState(query),
        after(query.cursor, sql`(${jobs.name}, ${jobs.id})`),
        q,
      ),
    )
    .orderBy(asc(jobs.name), asc(jobs.id))
    .limit(rowsToAsk(query.limit));
}

/** The executor leads where both are asked for: it names fewer jobs than a state does. */
function executorAndState({ executor, state }: JobsQuery): SQL | undefined {
  if (executor === null) return state === null ? undefined : eq(jobs.state, state);
  const named = eq(jobs.executor, executor);
  return state === null ? named : and(named, isEqual(jobs.state, state));
}

function after(cursor: string | null, place: SQL): SQL | undefined {
  if (cursor === null) return undefined;
  const [name, id] = decodeCursor(cursor, LIST, isNameAndId);
  return sql`${place} > (${name}, ${id})`;
}

function isNameAndId(keys: readonly unknown[]): keys is readonly [string, string] {
  return keys.length === 2 && keys.every((key) => typeof key === "string");
}
