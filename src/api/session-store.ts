import { BoundedMap } from "../core/bounded-map.ts";
import { Refusal } from "../core/refusal.ts";
import type { Session, User } from "../ports/people.ts";
import type { ApiDeps } from "./api-deps.ts";
import { isSameDigest, sha256Hex } from "./digest.ts";

export const SESSION_LIMITS = {
  /** Without a request for so long, a session is over (OWASP ASVS 7.3.1). */
  idleMs: 30 * 60_000,
  /** And after so long in any case (ASVS 7.3.2). */
  lifeMs: 12 * 3_600_000,
  /** The last request is written at most this often. */
  touchEveryMs: 60_000,
  /** For so long another process may not know yet that a session has ended. */
  freshMs: 5_000,
  heldMax: 10_000,
  userAgentChars: 256,
  addressChars: 64,
} as const;

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** A user that is changed at the moment of each login is tried so often. */
const STARTS_MAX = 3;

/** Who is logged in, and by which session. */
export interface Login {
  readonly session: Session;
  readonly user: User;
}

/** When and from where somebody logs in. */
interface SessionStart {
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly nowMs: number;
}

interface Held extends Login {
  readonly readMs: number;
}

/**
 * The sessions of users: begun at a login, known by the hash of a random token, and checked for each request by
 * its own clock. What was read is believed for a moment; whatever ends sessions here forgets all of it.
 */
export class SessionStore {
  readonly #deps: ApiDeps;
  #held = new BoundedMap<string, Held>(SESSION_LIMITS.heldMax);

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  /** Null for a token that is unknown or malformed, and for a session that has ended. */
  async find(token: string, nowMs: number): Promise<Login | null> {
    if (!TOKEN.test(token)) return null;
    const hash = sha256Hex(token);
    const login = await this.#read(hash, nowMs);
    if (login === null || !isSameDigest(hash, login.session.hash)) return null;
    if (login.user.state !== "active" || isOver(login.session, nowMs)) return null;
    this.#touch(hash, login, nowMs);
    return login;
  }

  /** Whether a lookup would cost a read of the records. */
  costsRead(token: string, nowMs: number): boolean {
    return TOKEN.test(token) && !this.#isFresh(this.#held.get(sha256Hex(token)), nowMs);
  }

  /**
   * Begins a session and returns its token, which is stored nowhere. Throws `login.failed` when the user was
   * disabled or got another password meanwhile.
   */
  async start(
    user: User,
    from: SessionStart & { readonly rehashed: string | null },
  ): Promise<{ readonly token: string; readonly login: Login }> {
    const { people, ids, secretBytes } = this.#deps;
    const { nowMs, rehashed } = from;
    const token = Buffer.from(secretBytes(TOKEN_BYTES)).toString("base64url");
    const id = `ses_${ids.next(nowMs).replaceAll("-", "")}`;
    const session = newSession({ id, userId: user.id, hash: sha256Hex(token) }, from);
    let now: User | null = user;
    for (let tries = 0; tries < STARTS_MAX && now !== null; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- Each try is for the user as the last one left it.
      const isStarted = await people.createSession(session, { version: now.version, rehashed });
      if (isStarted) return { token, login: { session, user: now } };
      // oxlint-disable-next-line no-await-in-loop
      now = await people.user(user.id);
      if (now?.passwordHash !== user.passwordHash || now.state !== "active") break;
    }
    throw loginFailed();
  }

  /** Whatever ended: from now on every session is asked for again. */
  forget(): void {
    // A new map, so that a read that is under way keeps what it finds to itself.
    this.#held = new BoundedMap(SESSION_LIMITS.heldMax);
  }

  async #read(hash: string, nowMs: number): Promise<Login | null> {
    const held = this.#held;
    const known = held.get(hash);
    if (known !== undefined && this.#isFresh(known, nowMs)) return known;
    const found = await this.#deps.people.sessionByHash(hash);
    if (found === null) held.delete(hash);
    else held.set(hash, { ...found, readMs: nowMs });
    return found;
  }

  #isFresh(held: Held | undefined, nowMs: number): boolean {
    return held !== undefined && Math.abs(nowMs - held.readMs) < SESSION_LIMITS.freshMs;
  }

  #touch(hash: string, login: Login, nowMs: number): void {
    const { id, seenMs } = login.session;
    if (nowMs - seenMs < SESSION_LIMITS.touchEveryMs) return;
    const held = this.#held.get(hash);
    if (held !== undefined)
      this.#held.set(hash, { ...held, session: { ...held.session, seenMs: nowMs } });
    const { people, log, waitUntil } = this.#deps;
    const warn = (error: unknown): void =>
      log.write({
        level: "warn",
        event: "session.touch_failed",
        fields: { session: id, message: String(error) },
      });
    waitUntil(people.touchSession(id, nowMs).catch(warn));
  }
}

function newSession(
  known: Pick<Session, "id" | "userId" | "hash">,
  { address, userAgent, nowMs }: SessionStart,
): Session {
  return {
    ...known,
    createdMs: nowMs,
    seenMs: nowMs,
    expiresMs: nowMs + SESSION_LIMITS.lifeMs,
    address: address?.slice(0, SESSION_LIMITS.addressChars) ?? null,
    userAgent: userAgent?.slice(0, SESSION_LIMITS.userAgentChars) ?? null,
  };
}

/** Whether a session has ended by itself. A clock that stepped back ends none. */
export function isOver(session: Session, nowMs: number): boolean {
  return nowMs >= session.expiresMs || nowMs - session.seenMs >= SESSION_LIMITS.idleMs;
}

/** The same for every reason, so that nobody learns which usernames there are. */
export function loginFailed(): Refusal {
  return new Refusal("login.failed", "The username or the password is wrong.");
}
