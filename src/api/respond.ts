import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { Refusal, type RefusalData } from "../core/refusal.ts";
import type { ApiEnv, LogSink } from "./api-deps.ts";
import { PROBLEMS } from "./problems.ts";
import { routesAt } from "./routes.ts";

const RETRY_AFTER_MS = 1_000;
/** Codes whose answer always says when to come again. */
const TRANSIENT = new Set([
  "rate.limited",
  "idempotency.in_flight",
  "records.unavailable",
  "shard.unavailable",
]);

/** The only place where a refusal becomes an HTTP answer (RFC 9457). */
export function problem(c: Context<ApiEnv>, refusal: RefusalData, status?: number): Response {
  const kind = PROBLEMS[refusal.code];
  const body = {
    type: `urn:tickwheel:problem:${refusal.code}`,
    title: kind.title,
    status: status ?? statusOf(refusal, kind.status),
    detail: refusal.detail,
    code: refusal.code,
    requestId: c.get("requestId"),
    hint: refusal.hint ?? kind.hint,
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
  };
  const headers = new Headers({ "Content-Type": "application/problem+json; charset=utf-8" });
  if (TRANSIENT.has(refusal.code) || refusal.retryAfterMs !== undefined)
    headers.set("Retry-After", retryAfterText(refusal.retryAfterMs ?? RETRY_AFTER_MS));
  if (body.status === 401) headers.set("WWW-Authenticate", 'Bearer realm="tickwheel"');
  return new Response(JSON.stringify(body), { status: body.status, headers });
}

/** What the path names is not there; what the body names and is not there is a fault of the body. */
const NAMED_IN_BODIES: ReadonlySet<string> = new Set([
  "calendar.unknown",
  "executor.unknown",
  "workflow.unknown",
]);

function statusOf({ code, errors }: RefusalData, usual: number): number {
  return NAMED_IN_BODIES.has(code) && errors !== undefined ? 422 : usual;
}

/**
 * Makes the handler of everything thrown: refusals, the framework's own exceptions, and our bugs.
 */
export function errorResponder(log: LogSink): (error: Error, c: Context<ApiEnv>) => Response {
  return (error, c) => {
    if (error instanceof Refusal) return problem(c, error.data);
    if (error instanceof HTTPException && error.status < 500) return frameworkProblem(c, error);
    log.write({
      level: "error",
      event: "request.failed",
      fields: { requestId: c.get("requestId"), message: error.message, stack: error.stack ?? "" },
    });
    return problem(c, {
      code: "internal.error",
      detail: "The request failed through a fault of the server.",
    });
  };
}

/** Answers a request that no handler took: OPTIONS, a wrong method, or an unknown path. */
export function answerUnrouted(c: Context<ApiEnv>): Response {
  const lines = routesAt(c.req.path);
  const methods = lines.map((line) => line.method);
  if (methods.length === 0)
    return problem(c, {
      code: "route.unknown",
      detail: `There is no route at ${c.req.path.slice(0, 200)}.`,
    });
  const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  if (c.req.method === "OPTIONS")
    return new Response(null, { status: 204, headers: { Allow: allow } });
  const response = problem(
    c,
    {
      code: "route.unknown",
      detail: `${c.req.method.slice(0, 20)} is not a method of this route.`,
      hint: `Use one of ${allow}.`,
    },
    405,
  );
  response.headers.set("Allow", allow);
  return response;
}

function frameworkProblem(c: Context<ApiEnv>, error: HTTPException): Response {
  if (error.status === 415)
    return problem(
      c,
      {
        code: "request.invalid",
        detail: "The body must be sent as application/json.",
        hint: "Set Content-Type: application/json.",
      },
      415,
    );
  return problem(c, {
    code: "request.invalid",
    detail: error.message || "The request is invalid.",
  });
}

function retryAfterText(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1_000)));
}
