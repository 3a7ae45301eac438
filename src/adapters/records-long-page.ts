import { sql } from "drizzle-orm";
import type { AnyColumn, SQL, SQLWrapper } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import type { Page } from "../ports/records.ts";
import { encodeCursor } from "./records-cursor.ts";
import type { Keyset } from "./records-cursor.ts";
import { rowsToAsk } from "./records-page.ts";

/** Characters of the bodies in one page; a page has one row at least. */
export const LONG_PAGE_CHARS_MAX = 4_000_000;

/** How much one reading may bring: so many rows, with bodies of at most so many characters. */
export interface Reading {
  readonly limit: number;
  readonly bodyCharsMax: number;
}

/** The column `body` where it is not too long, and null where it is. */
export function bodyWithin<Body extends AnyColumn>(
  columns: { readonly body: Body; readonly chars: SQLWrapper },
  { bodyCharsMax }: Reading,
): SQL<Body["_"]["data"] | null> {
  const { body, chars } = columns;
  return sql<
    Body["_"]["data"] | null
  >`case when ${chars} <= ${bodyCharsMax} then ${body} end`.mapWith(body);
}

/**
 * A page of rows that may be a megabyte long each. It is read at once when its rows are short. Else the first
 * reading only measures the long ones, and the second brings as many rows as one answer may carry: then the page
 * holds fewer than `limit`, and its cursor leads on.
 */
export async function longPage<Row extends { readonly chars: number }, Item>(
  limit: number,
  page: {
    readonly read: (reading: Reading) => Promise<readonly Row[]>;
    readonly item: (row: Row) => Item | null;
    readonly keyset: (row: Row) => Keyset;
  },
): Promise<Page<Item>> {
  const asked = rowsToAsk(limit);
  const bodyCharsMax = Math.floor(LONG_PAGE_CHARS_MAX / asked);
  const measured = await page.read({ limit: asked, bodyCharsMax });
  const count = countWithin(measured.slice(0, limit));
  const isWhole = measured.slice(0, count).every(({ chars }) => chars <= bodyCharsMax);
  const rows = isWhole
    ? measured.slice(0, count)
    : await page.read({ limit: count, bodyCharsMax: Number.MAX_SAFE_INTEGER });
  const items = rows.map((row) => {
    const item = page.item(row);
    assert(item !== null, "a body that may be of any length is read");
    return item;
  });
  const last = measured.length > count ? rows.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : encodeCursor(page.keyset(last)) };
}

function countWithin(rows: readonly { readonly chars: number }[]): number {
  let chars = 0;
  for (const [i, row] of rows.entries()) {
    chars += row.chars;
    if (chars > LONG_PAGE_CHARS_MAX) return Math.max(1, i);
  }
  return rows.length;
}
