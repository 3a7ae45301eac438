import type { MiddlewareHandler } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import type { OwnCookie } from "./session-cookie.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const HEADERS: readonly (readonly [string, string])[] = [
  ["Cache-Control", "no-store"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Referrer-Policy", "no-referrer"],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
];

/**
 * The outermost layer: reads the clock once, names the request, sets the headers that every answer
 * carries unless its handler said otherwise, takes away the cookie of a session that is over, and writes one line of
 * the log.
 */
export function requestContext(deps: ApiDeps, sessionCookie: OwnCookie): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const nowMs = deps.clock.nowMs();
    const sent = c.req.header("X-Request-Id");
    const requestId = sent !== undefined && REQUEST_ID.test(sent) ? sent : deps.ids.next(nowMs);
    c.set("nowMs", nowMs);
    c.set("requestId", requestId);
    c.set("principal", null);
    c.set("login", null);
    c.set("execCaller", null);
    c.set("ticket", null);
    c.set("bearer", null);
    c.set("bodyText", "");
    await next();
    if (isLoginNeeded(c.error)) sessionCookie.clear(c);
    for (const [name, value] of HEADERS)
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    c.res.headers.set("X-Request-Id", requestId);
    deps.log.write({
      level: "info",
      event: "request",
      fields: {
        requestId,
        method: c.req.method,
        path: c.req.path,
        status: c.res.status,
        ms: deps.clock.nowMs() - nowMs,
        principal: c.get("principal")?.id ?? c.get("execCaller")?.appKey ?? null,
      },
    });
  };
}

function isLoginNeeded(error: Error | undefined): boolean {
  return error instanceof Refusal && error.data.code === "login.needed";
}
