import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import { includesRole, type Role } from "../core/role.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { type Authenticator, bearerOf } from "./auth.ts";
import { refuseForeignChange, refuseForeignPage } from "./csrf.ts";
import { sha256Hex } from "./digest.ts";
import type { LoginParts } from "./login-parts.ts";
import { NAMESPACE_HEADER } from "./namespace-choice.ts";
import type { Principal } from "./principal.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { BASE_PATH, type Access, type RouteEntry } from "./routes.ts";

type Ctx = Context<ApiEnv>;

/**
 * Failed authentications from one address in a minute, before further tries are not even looked up.
 */
const FAILURES_PER_MINUTE = 60;
/** Callbacks of one run in a minute. */
const CALLBACKS_PER_MINUTE = 120;
/** Tries to log in, to set up and to change a password in a minute, from one address or known browser. */
const LOGINS_PER_MINUTE = 30;

/** Whose allowance of requests is taken from. */
export interface Caller {
  readonly key: string;
  readonly perMinute: number;
}

interface AdmissionParts {
  readonly c: Ctx;
  readonly deps: ApiDeps;
  readonly authenticator: Authenticator;
  readonly logins: LoginParts;
  readonly failures: RateLimiter;
}

/** Lets one request in or refuses it, by the line of the table that it matched. */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Whose rate limits apply; none for routes that anybody may call. */
  async admit(entry: RouteEntry): Promise<readonly Caller[]> {
    const callers = entry.rate === "login" ? [this.#whoLogsIn()] : [];
    const { c, deps } = this.#parts;
    if (entry.access === "none") {
      refuseForeignPage(c, deps.live.origin);
      return callers;
    }
    // An executor is let in once its body is read.
    if (entry.access === "executor") return callers;
    const ticket = entry.access === "ticket" ? c.req.query("ticket") : undefined;
    if (ticket !== undefined) return [this.#admitTicket(ticket)];
    const bearer = bearerOf(c.req.raw.headers);
    if (entry.access === "callback") return [admitCallback(c, bearer)];
    const principal = bearer === null ? await this.#logIn(entry) : await this.#authenticate(bearer);
    refuseUnlessAllowed(principal, entry.access);
    c.set("principal", principal);
    const { settings } = deps;
    const perMinute =
      principal.kind === "bootstrap" ? settings.bootstrapRatePerMinute : settings.ratePerMinute;
    return [...callers, { key: principal.id, perMinute }];
  }

  /** A browser that logged in here before is not held up by who else shares its address. */
  #whoLogsIn(): Caller {
    const { c, logins } = this.#parts;
    const device = logins.devices.deviceOf(logins.deviceCookie.read(c), c.get("nowMs"));
    const who = device === null ? `address ${this.#address()}` : `device ${device}`;
    return { key: `login ${who}`, perMinute: LOGINS_PER_MINUTE };
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

  /** Who a token stands for: it alone, whatever cookie came beside it. */
  async #authenticate(bearer: string): Promise<Principal> {
    const { c, authenticator, logins } = this.#parts;
    const nowMs = c.get("nowMs");
    c.set("bearer", bearer);
    if (!authenticator.isKnown(bearer, nowMs)) this.#refuseGuesses();
    const principal = await authenticator.principalOf(bearer, nowMs);
    if (principal !== null) return logins.namespaces.ofToken(principal, wantedOf(c), nowMs);
    this.#countFailure();
    throw new Refusal("token.invalid", "The token is unknown, expired or revoked.");
  }

  /** Who a session stands for. */
  async #logIn(entry: RouteEntry): Promise<Principal> {
    const { c, deps, logins } = this.#parts;
    const nowMs = c.get("nowMs");
    const token = logins.sessionCookie.read(c);
    if (token === null || token === "") throw await this.#tokenMissing();
    refuseForeignChange(c, entry, deps.live.origin);
    const costsRead = logins.sessions.costsRead(token, nowMs);
    if (costsRead) this.#refuseGuesses();
    const login = await logins.sessions.find(token, nowMs);
    if (login === null) {
      if (costsRead) this.#countFailure();
      throw await this.#loginNeeded();
    }
    c.set("login", login);
    if (login.user.mustChangePassword) refuseBeforePassword(entry);
    return logins.namespaces.ofLogin(login, wantedOf(c), nowMs);
  }

  async #tokenMissing(): Promise<Refusal> {
    const { c, logins } = this.#parts;
    const hint = await logins.setup.hint(c.get("nowMs"));
    const detail = "This route needs an Authorization header, or a session.";
    return new Refusal("token.missing", detail, hint === null ? {} : { hint });
  }

  async #loginNeeded(): Promise<Refusal> {
    const { c, logins } = this.#parts;
    const hint = await logins.setup.hint(c.get("nowMs"));
    const detail = "The session has ended, or never was.";
    return new Refusal("login.needed", detail, hint === null ? {} : { hint });
  }

  #refuseGuesses(): void {
    const { c, failures } = this.#parts;
    const earlier = failures.peek(this.#address(), FAILURES_PER_MINUTE, c.get("nowMs"));
    if (earlier.isAllowed) return;
    throw new Refusal("rate.limited", "Too many failed authentications from this address.", {
      retryAfterMs: earlier.waitMs,
    });
  }

  #countFailure(): void {
    const { c, failures } = this.#parts;
    failures.take(this.#address(), FAILURES_PER_MINUTE, c.get("nowMs"));
  }

  #address(): string {
    const { c, deps } = this.#parts;
    return deps.clientAddress(c.req.raw, c.env) ?? "unknown";
  }
}

function admitCallback(c: Ctx, bearer: string | null): Caller {
  if (bearer === null)
    throw new Refusal("token.missing", "This route needs an Authorization header.");
  c.set("bearer", bearer);
  return { key: `callback ${sha256Hex(bearer)}`, perMinute: CALLBACKS_PER_MINUTE };
}

function wantedOf(c: Ctx): string | null {
  return c.req.header(NAMESPACE_HEADER) ?? null;
}

const BEFORE_PASSWORD: ReadonlySet<string> = new Set([
  `GET ${BASE_PATH}/me`,
  `PUT ${BASE_PATH}/me/password`,
  `POST ${BASE_PATH}/logout`,
]);

/** Who still has the password that somebody else chose may change it, and nothing else. */
function refuseBeforePassword({ method, path }: RouteEntry): void {
  if (BEFORE_PASSWORD.has(`${method} ${path}`)) return;
  throw new Refusal("permission.denied", "Your password was chosen by somebody else.", {
    hint: `Change it first: PUT ${BASE_PATH}/me/password.`,
  });
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
