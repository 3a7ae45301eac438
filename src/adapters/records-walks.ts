import { asc, desc, sql } from "drizzle-orm";
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

function isTimeAndId(keys: readonly unknown[]): keys is readonly [number, string] {
  return keys.length === 2 && typeof keys[0] === "number" && typeof keys[1] === "string";
}
