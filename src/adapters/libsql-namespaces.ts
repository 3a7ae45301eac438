import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
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
import { audit, sessions, users } from "./people-schema.ts";
import { calendars, executors, jobs, namespaces, runs, tokens } from "./records-schema.ts";
import { workflowRuns, workflows } from "./records-workflow-schema.ts";

type Namespaces = Pick<
  Directory,
  | "namespace"
  | "namespaces"
  | "namespacesNamed"
  | "putNamespace"
  | "deleteNamespace"
  | "hasHistory"
  | "usages"
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

    async namespacesNamed(names) {
      const query = db
        .select()
        .from(namespaces)
        .where(inArray(namespaces.name, [...names]));
      return (await reach(query)).map(namespaceOf);
    },

    putNamespace: (namespace, reply) => put(db, namespace, reply),

    async deleteNamespace(name, version, { nowMs, by }) {
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
          db.run(sql`delete from ${sessions} where user_id <> ${by} and ${isGone}
            and user_id in (select id from ${users} where ${isMember(name)})`),
          db.run(sql`
            update ${users} set version = version + 1, body = ${withoutMembership(name, nowMs)}
            where ${isMember(name)} and ${isGone}`),
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

    usages: (of, max) => usagesOf(db, of, max),
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

function isMember(name: string): SQL {
  return sql`exists (select 1 from json_each(${users.body}, '$.memberships') as m
    where m.value ->> '$.namespace' = ${name})`;
}

/** The body of a user who leaves the namespace, as its next version. */
function withoutMembership(name: string, nowMs: number): SQL {
  return sql`json_set(body, '$.version', version + 1, '$.updatedMs', ${nowMs},
    '$.memberships', json((
      select json_group_array(json(m.value)) from json_each(${users.body}, '$.memberships') as m
      where m.value ->> '$.namespace' <> ${name})))`;
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

/** One request for all of them: a Worker may send few. */
async function usagesOf(
  db: RecordsDatabase,
  of: Parameters<Namespaces["usages"]>[0],
  max: number,
): Promise<readonly NamespaceUsage[]> {
  if (of.length === 0) return [];
  const arms = of.map(({ namespace, executors: only }, place) => {
    const counted = (kind: QuotaKind): SQL => {
      const narrowed = only === null ? sql`true` : narrowedTo(kind, only);
      return sql`(select count(*) from (select 1 from ${NAMED[kind].table}
        where deleted = 0 and namespace = ${namespace} and ${narrowed} limit ${max}))`;
    };
    return sql`select ${place} as place, ${counted("jobs")} as jobs,
      ${counted("workflows")} as workflows, ${counted("executors")} as executors`;
  });
  const rows = await reach(
    db.all<NamespaceUsage & { readonly place: number }>(sql.join(arms, sql` union all `)),
  );
  return rows
    .toSorted((a, b) => a.place - b.place)
    .map(({ jobs: j, workflows: w, executors: e }) => ({ jobs: j, workflows: w, executors: e }));
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
