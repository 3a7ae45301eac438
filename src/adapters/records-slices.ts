import { and, asc, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { Run } from "../core/run.ts";
import type { Page, SlicesQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor } from "./records-cursor.ts";
import { isEqual, pageOf, rowsToAsk } from "./records-page.ts";
import { isOfParent, isOneOf } from "./records-runs.ts";
import { runs } from "./records-schema.ts";

const LIST = "slices";
const INDEX = sql<number>`body ->> '$.trigger.index'`;

/** The slices of a sharded run by (index, id), as far as the records have heard of them. */
export async function slicesPage(
  database: RecordsDatabase,
  query: SlicesQuery,
): Promise<Page<Run>> {
  const rows = await reach(
    database
      .select({ id: runs.id, index: INDEX, body: runs.body })
      .from(runs)
      .where(
        and(
          isOfParent(query.parent),
          isEqual(runs.namespace, query.namespace),
          isOneOf(query.states),
          behind(query.cursor),
        ),
      )
      .orderBy(asc(INDEX), asc(runs.id))
      .limit(rowsToAsk(query.limit)),
  );
  return pageOf(rows, query.limit, {
    item: ({ body }) => body,
    keyset: ({ index, id }) => ({ list: LIST, keys: [index, id] }),
  });
}

function behind(cursor: string | null): SQL | undefined {
  if (cursor === null) return undefined;
  const [index, id] = decodeCursor(cursor, LIST, isIndexAndId);
  return sql`(${INDEX}, ${runs.id}) > (${index}, ${id})`;
}

function isIndexAndId(keys: readonly unknown[]): keys is readonly [number, string] {
  return keys.length === 2 && typeof keys[0] === "number" && typeof keys[1] === "string";
}
