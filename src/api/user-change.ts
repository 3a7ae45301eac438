import { Refusal } from "../core/refusal.ts";
import type { Membership, User } from "../ports/people.ts";
import type { ApiDeps } from "./api-deps.ts";
import { generatePassword } from "./password-rules.ts";
import type { Principal } from "./principal.ts";
import {
  refuseGivingMore,
  refuseTouchingAccount,
  refuseTouchingMore,
  refuseUnlessInstanceAdmin,
} from "./user-rules.ts";
import type { UserPatch } from "./user-schema.ts";
import { membershipOf } from "./user-store.ts";

export interface PatchedUser {
  readonly user: User;
  /** What was generated; null when the password stayed. */
  readonly password: string | null;
}

/**
 * A user as a patch makes it; the same object when nothing changes. Throws a `Refusal` for what whoever asks may
 * not change.
 */
export async function patchedUser(
  { passwords, secretBytes }: Pick<ApiDeps, "passwords" | "secretBytes">,
  wish: {
    readonly who: Principal;
    readonly before: User;
    readonly patch: UserPatch;
    readonly nowMs: number;
  },
): Promise<PatchedUser> {
  const { who, before, patch, nowMs } = wish;
  refuseForeignPatch(who, before, patch);
  const memberships = patchedMemberships(who, before, patch);
  const { state = before.state, isInstanceAdmin = before.isInstanceAdmin } = patch;
  const password = patch.resetPassword ? generatePassword(secretBytes) : null;
  const isSame =
    memberships === before.memberships &&
    state === before.state &&
    isInstanceAdmin === before.isInstanceAdmin &&
    password === null;
  if (isSame) return { user: before, password };
  const user = { ...stamped(before, nowMs), memberships, state, isInstanceAdmin };
  if (password === null) return { user, password };
  const passwordHash = await passwords.hash(password);
  const secret = { passwordHash, passwordChangedMs: nowMs, mustChangePassword: true };
  return { user: { ...user, ...secret }, password };
}

/** Throws `permission.denied`. */
function refuseForeignPatch(who: Principal, before: User, patch: UserPatch): void {
  const membership = membershipOf(before, who.namespace);
  if (membership !== null) refuseTouchingMore(who, membership);
  if (patch.state !== undefined || patch.resetPassword) refuseTouchingAccount(who, before);
  if (patch.isInstanceAdmin !== undefined) refuseUnlessInstanceAdmin(who);
}

/** What is left of a user that leaves the namespace; null when nothing is. */
export function deletedUser(who: Principal, before: User, nowMs: number): User | null {
  const membership = membershipOf(before, who.namespace);
  const others = before.memberships.filter((own) => own !== membership);
  if (membership !== null) {
    refuseTouchingMore(who, membership);
    const isNeeded = others.length > 0 || before.isInstanceAdmin;
    return isNeeded ? { ...stamped(before, nowMs), memberships: others } : null;
  }
  if (others.length === 0) return null;
  throw noMember(before, who.namespace);
}

function patchedMemberships(
  who: Principal,
  before: User,
  { role, executors }: UserPatch,
): readonly Membership[] {
  if (role === undefined && executors === undefined) return before.memberships;
  const own = membershipOf(before, who.namespace);
  if (own === null) throw noMember(before, who.namespace);
  const next = {
    ...own,
    ...(role === undefined ? {} : { role }),
    ...(executors === undefined ? {} : { executors }),
  };
  refuseGivingMore(who, next);
  const isSame = next.role === own.role && isSameList(next.executors, own.executors);
  if (isSame) return before.memberships;
  return before.memberships.map((other) => (other === own ? next : other));
}

function stamped(before: User, nowMs: number): User {
  return { ...before, version: before.version + 1, updatedMs: nowMs };
}

function isSameList(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Only who administers the instance sees such a user at all. */
function noMember({ username }: User, namespace: string): Refusal {
  return new Refusal("user.unknown", `${username} is no member of ${namespace}.`, {
    hint: "POST /api/v1/users makes a user a member; X-Namespace names another namespace.",
  });
}
