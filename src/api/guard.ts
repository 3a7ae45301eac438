import type { Context, MiddlewareHandler, Next } from "hono";
import { Admission, type Caller } from "./admission.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import type { Authenticator } from "./auth.ts";
import { checkJson, isTextOf, readBody } from "./body.ts";
import { ExecAdmission } from "./exec-admission.ts";
import type { LoginParts } from "./login-parts.ts";
import { RateLimiter, rateHeaders, type RateVerdict } from "./rate-limit.ts";
import { problem } from "./respond.ts";
import { routeOf, type RouteEntry } from "./routes.ts";

type Ctx = Context<ApiEnv>;

/** Calls of all nodes of one executor in a minute: a thousand nodes beat so often. */
const EXECUTOR_CALLS_PER_MINUTE = 6_000;

/**
 * What stands before every handler: the table of routes decides who may pass, then the rate limit,
 * then the body is read and checked. A request that is not in the table passes to no handler. The token
 * of an executor is bound to its body, so there the body is read first.
 */
export function guard(
  deps: ApiDeps,
  authenticator: Authenticator,
  logins: LoginParts,
): MiddlewareHandler<ApiEnv> {
  const callers = new RateLimiter();
  const failures = new RateLimiter();
  const executors = new ExecAdmission(deps);
  const limit = (c: Ctx, whose: readonly Caller[]): Response | null => {
    for (const { key, perMinute } of whose) {
      const rate = callers.take(key, perMinute, c.get("nowMs"));
      if (!rate.isAllowed) return tooMany(c, rate);
      for (const [name, value] of rateHeaders(rate)) c.header(name, value);
    }
    return null;
  };
  return async (c: Ctx, next: Next) => {
    const entry = routeOf(c.req.method, c.req.path);
    if (entry === undefined) return next();
    const admission = new Admission({ c, deps, authenticator, logins, failures });
    const refused = limit(c, await admission.admit(entry));
    if (refused !== null) return refused;
    const text = entry.bodyBytesMax === 0 ? "" : await readBody(c.req.raw, entry);
    if (entry.access !== "executor") {
      takeBody(c, entry, text);
      return next();
    }
    const appKey = await executors.admit(c, text);
    const key = `executor ${appKey}`;
    const isTooMany = limit(c, [{ key, perMinute: EXECUTOR_CALLS_PER_MINUTE }]);
    if (isTooMany !== null) return isTooMany;
    takeBody(c, entry, text);
    await next();
    executors.settle(c);
    return undefined;
  };
}

function tooMany(c: Ctx, rate: RateVerdict): Response {
  const response = problem(c, {
    code: "rate.limited",
    detail: `More than ${rate.limit} requests a minute.`,
    retryAfterMs: rate.waitMs,
  });
  for (const [name, value] of rateHeaders(rate)) response.headers.set(name, value);
  return response;
}

/** Checks the body, which is read once, and leaves it where the validators look for it. */
function takeBody(c: Ctx, entry: RouteEntry, text: string): void {
  if (entry.bodyBytesMax === 0) return;
  if (text !== "" && !isTextOf(entry, c.req.header("content-type"))) checkJson(text, entry);
  c.set("bodyText", text);
  // A body that is announced as JSON and left out is one whose fields are all left out. One that is
  // not announced must stay empty, or the validator asks for its type.
  const isAnnounced = c.req.header("content-type") !== undefined;
  const read = text === "" && isAnnounced ? "{}" : text;
  // Hono caches a promise of the text there, though the type says text.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(read) });
}
