import { and, asc, eq, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { Workflow } from "../core/workflow.ts";
import type { Page, WorkflowsQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor } from "./records-cursor.ts";
import { bodyWithin, longPage } from "./records-long-page.ts";
import type { Reading } from "./records-long-page.ts";
import { containsText } from "./records-page.ts";
import { workflows, workflowVersions } from "./records-workflow-schema.ts";

// Two workflows of one name may meet here for a while, as jobs may: the id makes the order total.
const LIST = "workflows";

/** The newest versions of the workflows that are not deleted, by (name, id). */
export function workflowsPage(
  database: RecordsDatabase,
  query: WorkflowsQuery,
): Promise<Page<Workflow>> {
  return longPage(query.limit, {
    read: (reading) => reach(workflowsQuery(database, query, reading)),
    item: ({ body }) => body,
    keyset: ({ name, id }) => ({ list: LIST, keys: [name, id] }),
  });
}

function workflowsQuery(database: RecordsDatabase, query: WorkflowsQuery, reading: Reading) {
  const { namespace, tag, q, cursor } = query;
  const { id, name, description, tags } = workflows;
  const { chars } = workflowVersions;
  return database
    .select({ id, name, chars, body: bodyWithin(workflowVersions, reading) })
    .from(workflows)
    .innerJoin(
      workflowVersions,
      and(
        eq(workflowVersions.workflowId, workflows.id),
        eq(workflowVersions.version, workflows.version),
      ),
    )
    .where(
      and(
        sql`deleted = 0`,
        eq(workflows.namespace, namespace),
        after(cursor),
        tag === null
          ? undefined
          : sql`exists (select 1 from json_each(${tags}) as tag where tag.value = ${tag})`,
        q === null ? undefined : containsText(q, [name, description]),
      ),
    )
    .orderBy(asc(name), asc(id))
    .limit(reading.limit);
}

/** Null when the records never had it. */
export async function workflowVersion(
  database: RecordsDatabase,
  workflowId: string,
  version: number,
): Promise<Workflow | null> {
  const isIt = and(
    eq(workflowVersions.workflowId, workflowId),
    eq(workflowVersions.version, version),
  );
  const rows = await reach(
    database.select({ body: workflowVersions.body }).from(workflowVersions).where(isIt),
  );
  return rows[0]?.body ?? null;
}

function after(cursor: string | null): SQL | undefined {
  if (cursor === null) return undefined;
  const [name, id] = decodeCursor(cursor, LIST, isNameAndId);
  return sql`(${workflows.name}, ${workflows.id}) > (${name}, ${id})`;
}

function isNameAndId(keys: readonly unknown[]): keys is readonly [string, string] {
  return keys.length === 2 && keys.every((key) => typeof key === "string");
}
