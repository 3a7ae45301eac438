import { Refusal } from "../core/refusal.ts";
import { includesRole } from "../core/role.ts";
import type { ApiToken, TokenScope } from "../ports/directory.ts";
import type { ApiDeps } from "./api-deps.ts";
import { firstNamespace } from "./directory-copies.ts";
import { DEFAULT_NAMESPACE, roleOfScopes, type Principal } from "./principal.ts";

/** Throws `permission.denied` for a token that could do more than whoever makes it. */
export function refuseMoreThanOwn(
  who: Principal,
  wanted: {
    readonly scopes: readonly TokenScope[];
    readonly executors: readonly string[] | null;
  },
): void {
  const role = roleOfScopes(wanted.scopes);
  if (role !== undefined && !includesRole(who.role, role))
    throw denied("/scopes", `You are ${who.role} here: you cannot make a token that is ${role}.`);
  if (!isWithin(wanted.executors, who))
    throw denied("/executors", "You cannot give executors that you may not handle.");
}

/** Whether the token is limited to executors that this one may handle: others it does not even see. */
export function isTokenWithin({ executors }: ApiToken, who: Principal): boolean {
  return isWithin(executors, who);
}

/**
 * The namespace that a new token is for: the maker's own, or another one that there is. The bootstrap token, which
 * is there before anything else, makes the namespace with its first token.
 */
export async function tokenNamespace(
  { directory }: ApiDeps,
  who: Principal,
  wanted: string | undefined,
  nowMs: number,
): Promise<string> {
  const namespace = wanted ?? who.namespace;
  if (namespace === who.namespace) return namespace;
  if (!who.isInstanceAdmin) throw foreign(namespace);
  if (namespace === DEFAULT_NAMESPACE) return namespace;
  if ((await directory.namespace(namespace)) !== null) return namespace;
  if (who.kind !== "bootstrap") throw foreign(namespace);
  // Whoever is quicker has made it, which is as good.
  await directory.putNamespace(
    { ...firstNamespace(namespace), version: 1, createdMs: nowMs },
    null,
  );
  return namespace;
}

function isWithin(some: readonly string[] | null, { executors }: Principal): boolean {
  if (executors === null) return true;
  return some?.every((appKey) => executors.includes(appKey)) ?? false;
}

function foreign(namespace: string): Refusal {
  return new Refusal("namespace.unknown", `There is no namespace ${namespace}.`, {
    errors: [{ pointer: "/namespace", message: "Not a namespace of yours." }],
  });
}

function denied(pointer: string, message: string): Refusal {
  return new Refusal("permission.denied", message, {
    errors: [{ pointer, message }],
    hint: "Ask somebody with more rights to make it.",
  });
}
