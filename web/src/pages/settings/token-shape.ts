import type { TokenScope, TokenState } from "../../../../src/ports/directory.ts";

/** The widest last: each includes those before it. */
export const SCOPES = [
  "read",
  "operate",
  "write",
  "admin",
] as const satisfies readonly TokenScope[];
export const STATES = ["active", "expired", "revoked"] as const satisfies readonly TokenState[];

/** A token as GET /tokens describes it. */
export interface TokenJson {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly prefix: string;
  readonly scopes: readonly TokenScope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  readonly executors: readonly string[] | null;
  readonly createdBy: string | null;
}

export interface NewTokenJson extends TokenJson {
  readonly token: string;
}

/** What a token may do: its widest scope. */
export function widestScope(scopes: readonly TokenScope[]): TokenScope {
  return SCOPES.findLast((scope) => scopes.includes(scope)) ?? "read";
}

/** One that expired and was revoked is revoked. */
export function stateOf(token: TokenJson, nowMs: number): TokenState {
  if (token.revokedAt !== null) return "revoked";
  const isOver = token.expiresAt !== null && Date.parse(token.expiresAt) <= nowMs;
  return isOver ? "expired" : "active";
}

/** A request that whoever has the token can send. */
export function curlOf(origin: string, token: string): string {
  return `curl -s "${origin}/api/v1/runs?limit=3" \\\n  -H "Authorization: Bearer ${token}"`;
}
