import { Refusal } from "../core/refusal.ts";
import type { ApiToken } from "../ports/directory.ts";
import type { ApiDeps } from "./api-deps.ts";
import { isSameDigest, sha256Hex } from "./digest.ts";
import { FreshCache } from "./fresh-cache.ts";
import { DEFAULT_NAMESPACE, roleOfScopes, type Principal } from "./principal.ts";

/** How our API tokens look: `tw_` and 32 bytes in base64url. Anything else is not worth a read. */
const API_TOKEN = /^tw_[A-Za-z0-9_-]{43}$/;
export const API_TOKEN_PREFIX = "tw_";

const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/;
/** The last use of a token is written at most this often. */
const TOUCH_EVERY_MS = 60_000;
const TOKENS_FRESH = { entriesMax: 10_000, freshMs: 5_000, staleMs: 600_000 } as const;

/**
 * The token of exactly one `Authorization: Bearer` header with one value; null without the header.
 */
export function bearerOf(headers: Headers): string | null {
  const text = headers.get("authorization");
  if (text === null) return null;
  const token = bearerIn(text);
  if (token === undefined)
    throw new Refusal("token.invalid", "The Authorization header is not one Bearer token.", {
      hint: "Send exactly one header: Authorization: Bearer <token>.",
    });
  return token;
}

/** The token of one Authorization header; undefined when it is not exactly one Bearer token. */
export function bearerIn(authorization: string): string | undefined {
  // Doubled headers arrive joined by a comma, which no token contains.
  return BEARER.exec(authorization)?.[1];
}

/** Tells who sent a request from its token, which is known to us by its hash only. */
export class Authenticator {
  readonly #deps: ApiDeps;
  readonly #tokens = new FreshCache<ApiToken>(TOKENS_FRESH);

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  /** Null for a token that is unknown, expired or revoked. */
  async principalOf(bearer: string, nowMs: number): Promise<Principal | null> {
    const hash = sha256Hex(bearer);
    const bootstrap = this.#deps.settings.bootstrapTokenHash;
    if (bootstrap !== null && isSameDigest(hash, bootstrap)) return BOOTSTRAP;
    if (!API_TOKEN.test(bearer)) return null;
    const token = await this.#tokens.read(hash, nowMs, () =>
      this.#deps.directory.tokenByHash(hash),
    );
    if (token === null || !isSameDigest(hash, token.hash)) return null;
    return this.#principalOfToken(token, nowMs);
  }

  /** Whether a lookup of this token would cost a read of the records. */
  isKnown(bearer: string, nowMs: number): boolean {
    const hash = sha256Hex(bearer);
    return hash === this.#deps.settings.bootstrapTokenHash || this.#tokens.isFresh(hash, nowMs);
  }

  /** A revoked token is asked for again at once. */
  forget(hash: string): void {
    this.#tokens.forget(hash);
  }

  #principalOfToken(token: ApiToken, nowMs: number): Principal | null {
    if (token.revokedMs !== null) return null;
    if (token.expiresMs !== null && token.expiresMs <= nowMs) return null;
    const role = roleOfScopes(token.scopes);
    if (role === undefined) return null;
    this.#touch(token, nowMs);
    const { id, name, namespace, executors } = token;
    const kind = "token";
    return { id, kind, name, namespace, role, executors, isInstanceAdmin: false, session: null };
  }

  #touch(token: ApiToken, nowMs: number): void {
    if (token.lastUsedMs !== null && nowMs - token.lastUsedMs < TOUCH_EVERY_MS) return;
    this.#tokens.renew(token.hash, { ...token, lastUsedMs: nowMs });
    const { directory, log, waitUntil } = this.#deps;
    const warn = (error: unknown): void =>
      log.write({
        level: "warn",
        event: "token.touch_failed",
        fields: { token: token.id, message: String(error) },
      });
    waitUntil(directory.touchToken(token.id, nowMs).catch(warn));
  }
}

const BOOTSTRAP: Principal = {
  id: "bootstrap",
  kind: "bootstrap",
  name: "bootstrap",
  namespace: DEFAULT_NAMESPACE,
  role: "owner",
  executors: null,
  isInstanceAdmin: true,
  session: null,
};
