import { sql } from "drizzle-orm";
import type { SQL, SQLWrapper } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { Page } from "../ports/records.ts";
import { encodeCursor } from "./records-cursor.ts";
import type { Keyset } from "./records-cursor.ts";

/** The bounds of one reading of the records. */
export const PAGE_LIMITS = {
  rowsMax: 1_000,
  searchCharactersMax: 200,
  /**
   * Rows that one page looks at. A filter without an index, such as a text, looks at one row after another, and
   * nothing else of a host runs meanwhile. What has looked at so many hands back what it found, be it nothing,
   * and a cursor from which the next page goes on.
   */
  lookedAtMax: 20_000,
} as const;

/** How many rows to ask for: one more than the page holds tells whether there is another page. */
export function rowsToAsk(limit: number): number {
  assert(limit >= 1 && limit <= PAGE_LIMITS.rowsMax, "a page holds 1 to 1000 rows");
  return limit + 1;
}

/**
 * A page from the rows that `rowsToAsk` asked for; `keysetOf` says where a row stands in the list.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  read: { readonly item: (row: Row) => Item; readonly keyset: (row: Row) => Keyset },
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = rows.length > limit ? kept.at(-1) : undefined;
  return {
    items: kept.map((row) => read.item(row)),
    nextCursor: last === undefined ? null : encodeCursor(read.keyset(last)),
  };
}

/**
 * That one of the columns contains the text, in any case of the ASCII letters. Throws
 * `Refusal("request.invalid")` for a text that is too long to search for.
 */
export function containsText(q: string, columns: readonly SQLWrapper[]): SQL {
  if (q.length > PAGE_LIMITS.searchCharactersMax) {
    throw new Refusal("request.invalid", "The search text is too long.", {
      hint: `Use at most ${PAGE_LIMITS.searchCharactersMax} characters.`,
      errors: [{ pointer: "/q", message: "is too long" }],
    });
  }
  const pattern = `%${q.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
  const claims = columns.map((column) => sql`${column} like ${pattern} escape '\\'`);
  return sql`(${sql.join(claims, sql` or `)})`;
}

/**
 * A filter that must not choose the index. SQLite has no statistics here and would prefer any index
 * with one more equality; a unary plus takes the column out of its choice
 * (https://www.sqlite.org/optoverview.html, "Disqualifying WHERE Clause Terms").
 */
export function isEqual(column: SQLWrapper, value: string): SQL {
  return sql`+${column} = ${value}`;
}
