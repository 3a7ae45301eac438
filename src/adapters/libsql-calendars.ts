import { and, asc, eq, gt, inArray, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import type { ApiIdempotency, CalendarChange, CalendarSet, Directory } from "../ports/directory.ts";
import { keepReply } from "./directory-idempotency.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { reach } from "./libsql-failure.ts";
import { calendars, calendarSets } from "./records-schema.ts";

type Calendars = Pick<
  Directory,
  | "calendar"
  | "calendars"
  | "calendarWithParts"
  | "calendarSet"
  | "changeCalendars"
  | "calendarVersions"
>;

/** The part of the directory that is about calendars, in libSQL. */
export function libsqlCalendars(database: RecordsDatabase): Calendars {
  return {
    async calendar(namespace, name) {
      const query = database.select({ body: calendars.body }).from(calendars);
      return (await reach(query.where(isCalendar(namespace, name))))[0]?.body ?? null;
    },

    async calendars(namespace, { limit, afterName }) {
      const query = database
        .select({ body: calendars.body })
        .from(calendars)
        .where(
          and(
            eq(calendars.namespace, namespace),
            afterName === null ? undefined : gt(calendars.name, afterName),
          ),
        )
        .orderBy(asc(calendars.name))
        .limit(limit);
      return (await reach(query)).map(({ body }) => body);
    },

    // One statement, so that a change between two reads cannot mix two versions.
    async calendarWithParts(namespace, name) {
      const named = sql`(select value from ${calendars} as whole, json_each(whole.parts)
        where whole.namespace = ${namespace} and whole.name = ${name})`;
      const query = database
        .select({ body: calendars.body })
        .from(calendars)
        .where(
          and(
            eq(calendars.namespace, namespace),
            or(eq(calendars.name, name), sql`${calendars.name} in ${named}`),
          ),
        )
        .orderBy(asc(calendars.name));
      return (await reach(query)).map(({ body }) => body);
    },

    calendarSet: (namespace) => setOf(database, namespace),
    changeCalendars: (change, reply) => changeSet(database, change, reply),

    calendarVersions: (limit) =>
      reach(
        database
          .select({
            namespace: calendars.namespace,
            name: calendars.name,
            version: calendars.version,
          })
          .from(calendars)
          .orderBy(asc(calendars.namespace), asc(calendars.name))
          .limit(limit),
      ),
  };
}

async function setOf(database: RecordsDatabase, namespace: string): Promise<CalendarSet> {
  const [sets, rows] = await reach(
    database.batch([
      database.select().from(calendarSets).where(eq(calendarSets.namespace, namespace)),
      database
        .select({ body: calendars.body })
        .from(calendars)
        .where(eq(calendars.namespace, namespace))
        .orderBy(asc(calendars.name)),
    ]),
  );
  const { revision, versionFloor } = sets[0] ?? { revision: 0, versionFloor: 0 };
  return { revision, versionFloor, calendars: rows.map(({ body }) => body) };
}

/**
 * Each statement asks for the revision that the change was computed from, and the last but one makes the
 * next revision: whether that one changed a row tells of all of them.
 */
async function changeSet(
  database: RecordsDatabase,
  change: CalendarChange,
  reply: ApiIdempotency | null,
): Promise<boolean> {
  const { namespace, revision, versionFloor, puts, deletes } = change;
  assert(
    puts.every((put) => put.namespace === namespace && put.version > 0),
    "a change is of one namespace, and versions are counted from one",
  );
  const isFresh = sql`coalesce(
    (select revision from ${calendarSets} where namespace = ${namespace}), 0) = ${revision}`;
  const next = { revision: revision + 1, versionFloor };
  const returning = { revision: calendarSets.revision };
  const fence =
    revision === 0
      ? database
          .insert(calendarSets)
          .values({ namespace, ...next })
          .onConflictDoNothing()
          .returning(returning)
      : database
          .update(calendarSets)
          .set(next)
          .where(and(eq(calendarSets.namespace, namespace), eq(calendarSets.revision, revision)))
          .returning(returning);
  const results = await reach(
    database.batch([
      database
        .delete(calendars)
        .where(
          and(eq(calendars.namespace, namespace), inArray(calendars.name, [...deletes]), isFresh),
        ),
      ...puts.map((put) => database.run(putWhere(put, isFresh))),
      fence,
      ...(reply === null ? [] : [database.run(keepReply(reply))]),
    ]),
  );
  const fenced = results[1 + puts.length];
  return Array.isArray(fenced) && fenced.length === 1;
}

function putWhere(put: CalendarChange["puts"][number], isFresh: SQL): SQL {
  const { namespace, name, version, parts } = put;
  return sql`
    insert into ${calendars} (namespace, name, version, parts, body)
    select ${namespace}, ${name}, ${version}, ${JSON.stringify(parts)}, ${JSON.stringify(put)}
    where ${isFresh}
    on conflict (namespace, name) do update
      set version = excluded.version, parts = excluded.parts, body = excluded.body`;
}

function isCalendar(namespace: string, name: string): SQL | undefined {
  return and(eq(calendars.namespace, namespace), eq(calendars.name, name));
}
