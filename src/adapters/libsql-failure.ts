import { Refusal } from "../core/refusal.ts";

// Codes by which a database says that it was reached and did not like the statement. Every other
// failure (no connection, a bad token, a full disk, a lock that stayed) means that it cannot be
// used.
const CONSTRAINT = /^SQLITE_CONSTRAINT/;
const OUR_FAULT = /^(SQLITE_(CONSTRAINT|ERROR|MISMATCH|RANGE|TOOBIG|MISUSE|SCHEMA)|SQL_|ARGS_)/;

/** The driver's code for a failure, found under the wrappers of drizzle; null when it has none. */
function codeOf(error: unknown): string | null {
  for (
    let at: unknown = error, depth = 0;
    at instanceof Error && depth < 5;
    depth++, at = at.cause
  ) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return null;
}

/** Whether a row was refused because another one stands in its place. */
export function isConstraintFailure(error: unknown): boolean {
  return CONSTRAINT.test(codeOf(error) ?? "");
}

/**
 * Whether a failure means that the records cannot be reached, and not that the statement was wrong.
 */
export function isUnreachable(error: unknown): boolean {
  return !OUR_FAULT.test(codeOf(error) ?? "");
}

/**
 * What a query answers. Throws `Refusal("records.unavailable")` when the records cannot be reached;
 * other failures are bugs and pass as they are.
 */
export async function reach<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const refusal = new Refusal("records.unavailable", "The records cannot be reached.", {
      hint: "Jobs go on being called. Try again in a moment.",
      retryAfterMs: 2_000,
    });
    refusal.cause = error;
    throw refusal;
  }
}
