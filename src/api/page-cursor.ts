import { Refusal } from "../core/refusal.ts";

const CURSOR = /^[A-Za-z0-9_-]{1,1024}$/;

/** The cursor of a list of the directory: the last key of a page, opaque to the caller. */
export function cursorOf(list: string, after: string): string {
  return Buffer.from(JSON.stringify([list, after])).toString("base64url");
}

/**
 * The key behind a cursor; null for the first page. Throws `cursor.invalid` for one of another
 * list.
 */
export function afterOf(list: string, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const parts = CURSOR.test(cursor) ? parsed(cursor) : undefined;
  if (Array.isArray(parts) && parts.length === 2 && parts[0] === list) {
    const after: unknown = parts[1];
    if (typeof after === "string") return after;
  }
  throw new Refusal("cursor.invalid", "The cursor is not one of this list.", {
    errors: [{ pointer: "/query/cursor", message: "Not a cursor of this list." }],
  });
}

/** Cuts a page that was read with one row too many, and names what comes after it. */
export function cutPage<T>(
  rows: readonly T[],
  limit: number,
  cursor: (last: T) => string,
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? cursor(last) : null };
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
