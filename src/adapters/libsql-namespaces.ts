import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import type { QuotaKind } from "../core/quota-entry.ts";
import {
  NO_QUOTAS,
  type ApiIdempotency,
  type Directory,
  type Namespace,
  type NamespaceUsage,
} from "../ports/directory.ts";
import { keepReply } from "./directory-idempotency.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { reach } from "./libsql-failure.ts";
import { audit } from "./people-schema.ts";
import { calendars, executors, jobs, namespaces, runs, tokens } from "./records-schema.ts";
import { workflowRuns, workflows } from "./records-workflow-schema.ts";

type Namespaces = Pick<
  Directory,
  | "namespace"
  | "namespaces"
  | "putNamespace"
  | "deleteNamespace"
  | "hasHistory"
  | "usage"
  | "objectNames"
>;

/** Where the names of each kind stand, in an index of those that are not deleted. */
const NAMED = {
  jobs: { table: jobs, namespace: jobs.namespace, name: jobs.name },
  workflows: { table: workflows, namespace: workflows.namespace, name: workflows.name },
  executors: { table: executors, namespace: executors.namespace, name: executors.appKey },
} as const;

/** The namespaces in libSQL, and what the records have of each. */
export function libsqlNamespaces(db: RecordsDatabase): Namespaces {
  return {
    async namespace(name) {
      const query = db.select().from(namespaces).where(eq(namespaces.name, name));
      const row = (await reach(query))[0];
      return row === undefined ? null : namespaceOf(row);
    },

    async namespaces(limit, afterName = null) {
      const after = afterName === null ? undefined : gt(namespaces.name, afterName);
      const query = db.select().from(namespaces).where(after).orderBy(asc(namespaces.name));
      return (await reach(query.limit(limit))).map(namespaceOf);
    },

    putNamespace: (namespace, reply) => put(db, namespace, reply),

    async deleteNamespace(name, version, nowMs) {
      const isGone = sql`not exists (select 1 from ${namespaces} where name = ${name})`;
      const [rows] = await reach(
        db.batch([
          db
            .delete(namespaces)
            .where(and(eq(namespaces.name, name), eq(namespaces.version, version), isEmpty(name)))
            .returning({ name: namespaces.name }),
          db
            .update(tokens)
            .set({ revokedMs: nowMs })
            .where(and(eq(tokens.namespace, name), sql`revoked_ms is null`, isGone)),
        ]),
      );
      return rows.length === 1;
    },

    async hasHistory(name) {
      const probes = [runs, workflowRuns, audit, tokens].map(
        (table) =>
          sql`exists (select 1 from ${table} where namespace = ${name}${conditionOf(table)})`,
      );
      const rows = await reach(
        db.all<{ readonly had: number }>(sql`select ${sql.join(probes, sql` or `)} as had`),
      );
      return rows[0]?.had === 1;
    },

    usage: (namespace, bounds) => usageOf(db, namespace, bounds),
    objectNames: (namespace, kind, page) => namesOf(db, { namespace, kind, ...page }),
  };
}

async function put(
  db: RecordsDatabase,
  namespace: Namespace,
  reply: ApiIdempotency | null,
): Promise<boolean> {
  const { name, version } = namespace;
  assert(version >= 1, "versions are counted from one");
  const returning = { name: namespaces.name };
  const written =
    version === 1
      ? db.insert(namespaces).values(namespace).onConflictDoNothing().returning(returning)
      : db
          .update(namespaces)
          .set(namespace)
          .where(and(eq(namespaces.name, name), eq(namespaces.version, version - 1)))
          .returning(returning);
  const [rows] = await reach(
    db.batch([written, ...(reply === null ? [] : [db.run(keepReply(reply))])]),
  );
  return rows.length === 1;
}

async function namesOf(
  db: RecordsDatabase,
  { namespace, kind, limit, afterName }: NamesAsked,
): Promise<readonly string[]> {
  const of = NAMED[kind];
  const after = afterName === null ? sql`true` : sql`${of.name} > ${afterName}`;
  const rows = await reach(
    db.all<{ readonly found: string }>(sql`
      select distinct ${of.name} as found from ${of.table}
      where deleted = 0 and ${of.namespace} = ${namespace} and ${after}
      order by ${of.name} limit ${limit}`),
  );
  return rows.map(({ found }) => found);
}

interface NamesAsked {
  readonly namespace: string;
  readonly kind: QuotaKind;
  readonly limit: number;
  readonly afterName: string | null;
}

/** What a partial index of the table asks for, word for word. */
function conditionOf(table: unknown): SQL {
  return table === runs ? sql` and "trigger" <> 'shard'` : sql``;
}

/** That nothing is in the namespace, as far as the records know. */
function isEmpty(name: string): SQL {
  const kinds = Object.values(NAMED).map(
    ({ table }) =>
      sql`not exists (select 1 from ${table} where deleted = 0 and namespace = ${name})`,
  );
  const dates = sql`not exists (select 1 from ${calendars} where namespace = ${name})`;
  return sql.join([...kinds, dates], sql` and `);
}

async function usageOf(
  db: RecordsDatabase,
  namespace: string,
  { max, executors: only }: { readonly max: number; readonly executors: readonly string[] | null },
): Promise<NamespaceUsage> {
  const counted = (kind: QuotaKind): SQL => {
    const narrowed = only === null ? sql`true` : narrowedTo(kind, only);
    return sql`(select count(*) from (select 1 from ${NAMED[kind].table}
      where deleted = 0 and namespace = ${namespace} and ${narrowed} limit ${max}))`;
  };
  const rows = await reach(
    db.all<NamespaceUsage>(sql`select ${counted("jobs")} as jobs,
      ${counted("workflows")} as workflows, ${counted("executors")} as executors`),
  );
  const row = rows[0];
  assert(row !== undefined, "a count has one row");
  return { jobs: row.jobs, workflows: row.workflows, executors: row.executors };
}

/** What somebody sees who is limited to these executors. */
function narrowedTo(kind: QuotaKind, only: readonly string[]): SQL {
  if (kind === "jobs") return sql`executor in ${only}`;
  return kind === "executors" ? sql`app_key in ${only}` : sql`false`;
}

/** A row of before there were quotas has none. */
function namespaceOf(row: typeof namespaces.$inferSelect): Namespace {
  return { ...row, quotas: row.quotas ?? NO_QUOTAS };
}
