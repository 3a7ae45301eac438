import type { Context, MiddlewareHandler, Next } from "hono";
import { Refusal } from "../core/refusal.ts";
import { includesRole, type Role } from "../core/role.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { type Authenticator, bearerOf } from "./auth.ts";
import { checkJson, isTextOf, readBody } from "./body.ts";
import { sha256Hex } from "./digest.ts";
import { ExecAdmission } from "./exec-admission.ts";
import type { Principal } from "./principal.ts";
import { RateLimiter, rateHeaders, type RateVerdict } from "./rate-limit.ts";
import { problem } from "./respond.ts";
import { routeOf, type Access, type RouteEntry } from "./routes.ts";

type Ctx = Context<ApiEnv>;

/**
 * Failed authentications from one address in a minute, before further tries are not even looked up.
 */
const FAILURES_PER_MINUTE = 60;
/** Callbacks of one run in a minute. */
const CALLBACKS_PER_MINUTE = 120;
/** Calls of all nodes of one executor in a minute: a thousand nodes beat so often. */
const EXECUTOR_CALLS_PER_MINUTE = 6_000;

/**
 * What stands before every handler: the table of routes decides who may pass, then the rate limit,
 * then the body is read and checked. A request that is not in the table passes to no handler. The token
 * of an executor is bound to its body, so there the body is read first.
 */
export function guard(deps: ApiDeps, authenticator: Authenticator): MiddlewareHandler<ApiEnv> {
  const callers = new RateLimiter();
  const failures = new RateLimiter();
  const executors = new ExecAdmission(deps);
  const limit = (c: Ctx, caller: Caller): Response | null => {
    const rate = callers.take(caller.key, caller.perMinute, c.get("nowMs"));
    if (!rate.isAllowed) return tooMany(c, rate);
    for (const [name, value] of rateHeaders(rate)) c.header(name, value);
    return null;
  };
  return async (c: Ctx, next: Next) => {
    const entry = routeOf(c.req.method, c.req.path);
    if (entry === undefined) return next();
    const admission = new Admission({ c, deps, authenticator, failures });
    const caller = await admission.admit(entry);
    const refused = caller === null ? null : limit(c, caller);
    if (refused !== null) return refused;
    const text = entry.bodyBytesMax === 0 ? "" : await readBody(c.req.raw, entry);
    if (entry.access !== "executor") {
      takeBody(c, entry, text);
      return next();
    }
    const appKey = await executors.admit(c, text);
    const key = `executor ${appKey}`;
    const isTooMany = limit(c, { key, perMinute: EXECUTOR_CALLS_PER_MINUTE });
    if (isTooMany !== null) return isTooMany;
    takeBody(c, entry, text);
    await next();
    executors.settle(c);
    return undefined;
  };
}

interface Caller {
  readonly key: string;
  readonly perMinute: number;
}

interface AdmissionParts {
  readonly c: Ctx;
  readonly deps: ApiDeps;
  readonly authenticator: Authenticator;
  readonly failures: RateLimiter;
}

/** Lets one request in or refuses it, by the line of the table that it matched. */
class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Whose rate limit applies; null where there is none. */
  async admit(entry: RouteEntry): Promise<Caller | null> {
    const { c } = this.#parts;
    // An executor is let in once its body is read.
    if (entry.access === "none" || entry.access === "executor") return null;
    const ticket = entry.access === "ticket" ? c.req.query("ticket") : undefined;
    if (ticket !== undefined) return this.#admitTicket(ticket);
    const bearer = bearerOf(c.req.raw.headers);
    if (bearer === null)
      throw new Refusal("token.missing", "This route needs an Authorization header.");
    c.set("bearer", bearer);
    if (entry.access === "callback")
      return { key: `callback ${sha256Hex(bearer)}`, perMinute: CALLBACKS_PER_MINUTE };
    const principal = await this.#authenticate(bearer);
    refuseUnlessAllowed(principal, entry.access);
    c.set("principal", principal);
    const { settings } = this.#parts.deps;
    const perMinute =
      principal.kind === "bootstrap" ? settings.bootstrapRatePerMinute : settings.ratePerMinute;
    return { key: principal.id, perMinute };
  }

  /** A ticket stands for the token that it was given for; whether it was used its hub will say. */
  #admitTicket(text: string): Caller {
    const { c, deps } = this.#parts;
    const ticket = deps.liveTickets.verify(text, c.get("nowMs"));
    if (ticket === null) throw new Refusal("ticket.invalid", "The ticket is forged, or too old.");
    const { principal: id, namespace } = ticket;
    c.set("ticket", ticket);
    c.set("principal", { ...WATCHER, id, name: id, namespace });
    return { key: `ticket ${id}`, perMinute: deps.settings.ratePerMinute };
  }

  async #authenticate(bearer: string): Promise<Principal> {
    const { c, deps, authenticator, failures } = this.#parts;
    const nowMs = c.get("nowMs");
    const address = deps.clientAddress(c.req.raw, c.env) ?? "unknown";
    const earlier = failures.peek(address, FAILURES_PER_MINUTE, nowMs);
    if (!earlier.isAllowed && !authenticator.isKnown(bearer, nowMs))
      throw new Refusal("rate.limited", "Too many failed authentications from this address.", {
        retryAfterMs: earlier.waitMs,
      });
    const principal = await authenticator.principalOf(bearer, nowMs);
    if (principal !== null) return principal;
    failures.take(address, FAILURES_PER_MINUTE, nowMs);
    throw new Refusal("token.invalid", "The token is unknown, expired or revoked.");
  }
}

/** Throws `permission.denied`. */
function refuseUnlessAllowed(principal: Principal, access: Access): void {
  const needed = neededOf(access);
  if (needed === null) return;
  const isEnough =
    needed === "instance"
      ? principal.isInstanceAdmin
      : needed === "session"
        ? principal.session !== null
        : includesRole(principal.role, needed);
  if (isEnough) return;
  throw new Refusal(
    "permission.denied",
    `This route needs ${WHAT[needed] ?? `the role ${needed}`}; you are ${principal.role} here.`,
  );
}

const WHAT: Readonly<Record<string, string>> = {
  instance: "an administrator of the instance",
  session: "a login with a password",
};

/** Null where anybody who is known may pass. */
function neededOf(access: Access): Role | "instance" | "session" | null {
  if (access === "ticket") return "viewer";
  if (access === "none" || access === "known") return null;
  return access === "callback" || access === "executor" ? null : access;
}

/** Whoever comes with a ticket may watch, and nothing else. */
const WATCHER = {
  kind: "token",
  role: "viewer",
  executors: null,
  isInstanceAdmin: false,
  session: null,
} as const;

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
