import { and, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { PLACEMENT_LIMITS, shardOfId } from "../core/placement.ts";
import type { Run } from "../core/run.ts";
import type { Page, RunsQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor } from "./records-cursor.ts";
import { containsText, isEqual, pageOf, rowsToAsk } from "./records-page.ts";
import { runs } from "./records-schema.ts";

const LIST = "runs";

/** Runs, newest first by (createdMs, id). */
export async function runsPage(database: RecordsDatabase, query: RunsQuery): Promise<Page<Run>> {
  const rows = await reach(runsQuery(database, query));
  return pageOf(rows, query.limit, {
    item: ({ body }) => body,
    keyset: ({ createdMs, id }) => ({ list: LIST, keys: [createdMs, id] }),
  });
}

/** The statement behind `runsPage`, apart so that its plan can be looked at. */
export function runsQuery(database: RecordsDatabase, query: RunsQuery) {
  const { lead, others } = leadOf(query);
  const filter = and(before(query.cursor), ...others, ...ranges(query));
  return database
    .select({ id: runs.id, createdMs: runs.createdMs, body: runs.body })
    .from(runs)
    .where(
      lead.length === 1
        ? and(lead[0], filter)
        : inArray(runs.id, newestOfEach(lead, { filter, limit: query.limit })),
    )
    .orderBy(desc(runs.createdMs), desc(runs.id))
    .limit(rowsToAsk(query.limit));
}

interface Walk {
  readonly lead: readonly (SQL | undefined)[];
  readonly others: readonly (SQL | undefined)[];
}

/**
 * Which filter walks its index, and which ones only look at the rows. A backfill leads, then a job, the
 * states, the node, a trigger that is not `tick`, and else the namespace. Several states are several
 * walks.
 */
function leadOf(query: RunsQuery): Walk {
  const inNamespace = eq(runs.namespace, query.namespace);
  const { job, states, node, trigger } = query;
  const stateIs = states.length === 0 ? [] : [sql`+${runs.state} in ${states}`];
  const nodeIs = node === null ? [] : [isEqual(runs.node, node)];
  const triggerIs = trigger === null ? [] : [isEqual(runs.trigger, trigger)];

  if (query.backfill !== null) return leadOfBackfill(query, query.backfill);
  if (job !== null) {
    return { lead: [isOfJob(job, query.namespace)], others: [...stateIs, ...nodeIs, ...triggerIs] };
  }
  if (states.length > 0) {
    const lead = [...new Set(states)].map((state) => and(inNamespace, eq(runs.state, state)));
    return { lead, others: [...nodeIs, ...triggerIs] };
  }
  if (node !== null) return { lead: [and(inNamespace, eq(runs.node, node))], others: triggerIs };
  if (trigger !== null && trigger !== "tick") {
    // The second claim repeats the condition of the partial index, or SQLite would not use it.
    const lead = and(inNamespace, eq(runs.trigger, trigger), sql`"trigger" <> 'tick'`);
    return { lead: [lead], others: [] };
  }
  return { lead: [inNamespace], others: triggerIs };
}

/** The runs of one backfill: few enough that every other filter only looks at them. */
function leadOfBackfill(query: RunsQuery, backfill: string): Walk {
  const { namespace, job, states, node, trigger } = query;
  const isOfBackfill = sql`body ->> '$.trigger.backfill' = ${backfill}`;
  const others = [
    isEqual(runs.namespace, namespace),
    job === null ? undefined : sql`(+${runs.jobId} = ${job} or +${runs.jobName} = ${job})`,
    states.length === 0 ? undefined : sql`+${runs.state} in ${states}`,
    node === null ? undefined : isEqual(runs.node, node),
    trigger === null ? undefined : isEqual(runs.trigger, trigger),
  ];
  // The second claim repeats the condition of the partial index, or SQLite would not use it.
  return { lead: [and(isOfBackfill, sql`"trigger" = 'backfill'`)], others };
}

/** A name finds the runs of every job that has had it. */
function isOfJob(job: string, namespace: string): SQL | undefined {
  const isId = shardOfId("job", job, PLACEMENT_LIMITS.shardsMax) !== undefined;
  return isId
    ? and(eq(runs.jobId, job), isEqual(runs.namespace, namespace))
    : and(eq(runs.namespace, namespace), eq(runs.jobName, job));
}

/**
 * The ids of the newest rows of each walk. Each walk stops at its own limit, so that the sort above
 * them sees a few hundred rows and not every run that ever succeeded.
 */
function newestOfEach(
  walks: readonly (SQL | undefined)[],
  bound: { readonly filter: SQL | undefined; readonly limit: number },
): SQL {
  const limit = rowsToAsk(bound.limit);
  const arms = walks.map(
    (walk) => sql`select id from (select ${runs.id} from ${runs} where ${and(walk, bound.filter)}
      order by ${desc(runs.createdMs)}, ${desc(runs.id)} limit ${limit})`,
  );
  return sql`(${sql.join(arms, sql` union all `)})`;
}

function before(cursor: string | null): SQL | undefined {
  if (cursor === null) return undefined;
  const [createdMs, id] = decodeCursor(cursor, LIST, isTimeAndId);
  return sql`(${runs.createdMs}, ${runs.id}) < (${createdMs}, ${id})`;
}

function ranges(query: RunsQuery): readonly (SQL | undefined)[] {
  const { fromMs, toMs, slowerThanMs, q } = query;
  return [
    fromMs === null ? undefined : gte(runs.nominalMs, fromMs),
    toMs === null ? undefined : lt(runs.nominalMs, toMs),
    slowerThanMs === null ? undefined : sql`${runs.durationMs} > ${slowerThanMs}`,
    q === null ? undefined : containsText(q, [runs.jobName, runs.errorMessage, runs.id]),
  ];
}

function isTimeAndId(keys: readonly unknown[]): keys is readonly [number, string] {
  return keys.length === 2 && typeof keys[0] === "number" && typeof keys[1] === "string";
}
