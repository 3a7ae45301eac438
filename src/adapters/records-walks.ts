import { and, asc, desc, sql } from "drizzle-orm";
import type { SQL, SQLWrapper } from "drizzle-orm";
import { decodeCursor } from "./records-cursor.ts";

/**
 * How a list of runs goes about its rows: one or several filters that walk an index, and others that only look at
 * the rows.
 */
export interface Walk {
  readonly lead: readonly (SQL | undefined)[];
  readonly others: readonly (SQL | undefined)[];
}

/** What a list is ordered by. */
export interface TimeOrder {
  readonly order: "newest" | "oldest";
  readonly createdMs: SQLWrapper;
  readonly id: SQLWrapper;
}

export function orderByTime({ order, createdMs, id }: TimeOrder): readonly [SQL, SQL] {
  return order === "newest" ? [desc(createdMs), desc(id)] : [asc(createdMs), asc(id)];
}

/** What comes behind a cursor of the list of this name. */
export function behindTime(
  cursor: string | null,
  list: string,
  { order, createdMs, id }: TimeOrder,
): SQL | undefined {
  if (cursor === null) return undefined;
  const [cursorMs, cursorId] = decodeCursor(cursor, list, isTimeAndId);
  const place = sql`(${createdMs}, ${id})`;
  return order === "newest"
    ? sql`${place} < (${cursorMs}, ${cursorId})`
    : sql`${place} > (${cursorMs}, ${cursorId})`;
}

/**
 * The ids of the first rows of each walk. Each walk stops at its own limit, so that the sort above
 * them sees a few hundred rows and not every run that ever succeeded.
 */
export function firstOfEach(
  walks: Walk["lead"],
  rows: {
    readonly table: SQLWrapper;
    readonly filter: (walk: SQL | undefined) => SQL | undefined;
    readonly order: TimeOrder;
    readonly limit: number;
  },
): SQL {
  const { table, filter, order, limit } = rows;
  const orderBy = sql.join([...orderByTime(order)], sql`, `);
  const arms = walks.map(
    (walk) => sql`select id from (select ${order.id} from ${table} where ${filter(walk)}
      order by ${orderBy} limit ${limit})`,
  );
  return sql`(${sql.join(arms, sql` union all `)})`;
}

/** The last row that a page looks at. */
export interface Edge {
  readonly createdMs: number;
  readonly id: string;
}

/**
 * Where a page stops to look, if its walks are longer than `lookedAtMax`; undefined when they are not. Index
 * entries are counted, and no row is read. Where walks have each their own end, that of the shortest counts:
 * up to there all have been looked through.
 */
export function edgeOf(
  walks: readonly (SQL | undefined)[],
  rows: {
    readonly table: SQLWrapper;
    readonly behind: SQL | undefined;
    readonly order: TimeOrder;
    readonly lookedAtMax: number;
  },
): SQL {
  const { table, behind, order, lookedAtMax } = rows;
  const orderBy = sql.join([...orderByTime(order)], sql`, `);
  const skipped = Math.floor(lookedAtMax / walks.length) - 1;
  const ends = walks.map(
    (walk) => sql`select ${order.createdMs} as at_ms, ${order.id} as id from ${table}
      where ${and(walk, behind)} order by ${orderBy} limit 1 offset ${skipped}`,
  );
  const [only, ...more] = ends;
  if (only !== undefined && more.length === 0) return only;
  const arms = ends.map((end) => sql`select * from (${end})`);
  const nearest = order.order === "newest" ? sql`desc` : sql`asc`;
  return sql`select at_ms, id from (${sql.join(arms, sql` union all `)})
    order by at_ms ${nearest}, id ${nearest} limit 1`;
}

/** That a row comes no later than the edge. */
export function upTo(edge: Edge, { order, createdMs, id }: TimeOrder): SQL {
  const place = sql`(${createdMs}, ${id})`;
  return order === "newest"
    ? sql`${place} >= (${edge.createdMs}, ${edge.id})`
    : sql`${place} <= (${edge.createdMs}, ${edge.id})`;
}

function isTimeAndId(keys: readonly unknown[]): keys is readonly [number, string] {
  return keys.length === 2 && typeof keys[0] === "number" && typeof keys[1] === "string";
}
