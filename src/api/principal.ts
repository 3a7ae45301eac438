import type { TokenScope } from "../ports/directory.ts";

/** Who sent a request, as far as authorisation goes. */
export interface Principal {
  /** The token's id, or `bootstrap`: idempotency keys and rate limits are bound to it. */
  readonly id: string;
  readonly namespace: string;
  /** The widest scope of the token: each includes the ones before it. */
  readonly scope: TokenScope;
  /** The bootstrap token may name other namespaces. */
  readonly isBootstrap: boolean;
}

/** The namespace of the bootstrap token, and of a deployment that needs only one. */
export const DEFAULT_NAMESPACE = "default";

const RANK: Readonly<Record<TokenScope, number>> = { read: 1, write: 2, admin: 3 };

/** Whether a scope is enough: `admin` includes `write`, `write` includes `read`. */
export function includesScope(has: TokenScope, needed: TokenScope): boolean {
  return RANK[has] >= RANK[needed];
}

/** The widest of a token's scopes; undefined for a token that has none. */
export function widestScope(scopes: readonly TokenScope[]): TokenScope | undefined {
  return scopes.toSorted((a, b) => RANK[b] - RANK[a])[0];
}
