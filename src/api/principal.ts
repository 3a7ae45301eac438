import { includesRole, type Role } from "../core/role.ts";
import type { TokenScope } from "../ports/directory.ts";

/** Who sent a request, as far as authorisation goes. */
export interface Principal {
  /** The token's id, the user's id, or `bootstrap`: idempotency keys and rate limits are bound to it. */
  readonly id: string;
  readonly kind: "bootstrap" | "token" | "user";
  /** The token's name or the username, as the audit log shows it. */
  readonly name: string;
  readonly namespace: string;
  readonly role: Role;
  /** The appKeys of the executors that this one is limited to; null is no limit. */
  readonly executors: readonly string[] | null;
  /** May name other namespaces, make them, and handle everybody's account. */
  readonly isInstanceAdmin: boolean;
  /** The id of the session that a cookie stood for; null for tokens. */
  readonly session: string | null;
}

/** The namespace of the bootstrap token, and of a deployment that needs only one. */
export const DEFAULT_NAMESPACE = "default";

const ROLE_OF: Readonly<Record<TokenScope, Role>> = {
  read: "viewer",
  operate: "operator",
  write: "editor",
  admin: "admin",
};

/** The role that the widest of a token's scopes gives; undefined for a token that has none. */
export function roleOfScopes(scopes: readonly TokenScope[]): Role | undefined {
  const roles = scopes.map((scope) => ROLE_OF[scope]);
  return roles.toSorted((a, b) => (includesRole(a, b) ? -1 : 1))[0];
}
