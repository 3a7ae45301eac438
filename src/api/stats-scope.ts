import type { Context } from "hono";
import type { StatsScope } from "../ports/stats.ts";
import type { ApiEnv } from "./api-deps.ts";
import { principalOf } from "./request-of.ts";

/** Whose figures the caller may see: somebody who is limited to executors sees only their jobs. */
export function scopeOf(c: Context<ApiEnv>): StatsScope {
  const { namespace, executors } = principalOf(c);
  return { namespace, executors };
}
