import { Refusal } from "../core/refusal.ts";
import { includesRole, type Role } from "../core/role.ts";
import type { Membership, MustRemain, User } from "../ports/people.ts";
import type { Principal } from "./principal.ts";

/** Throws `permission.denied` for a role or executors beyond those of whoever gives them. */
export function refuseGivingMore(
  giver: Principal,
  given: { readonly role: Role; readonly executors: readonly string[] | null },
): void {
  if (!includesRole(giver.role, given.role))
    throw denied(`You are ${giver.role} here and cannot make somebody ${given.role}.`, "/role");
  if (!isWithin(given.executors, giver.executors))
    throw denied("You cannot give more executors than your own.", "/executors");
}

/** Throws `permission.denied` for a member who has more than whoever wants to change that. */
export function refuseTouchingMore(who: Principal, membership: Membership): void {
  if (!includesRole(who.role, membership.role))
    throw denied(`You are ${who.role} here; the user is ${membership.role}.`, null);
  if (!isWithin(membership.executors, who.executors))
    throw denied("The user may handle executors that you may not.", null);
}

/**
 * State, password and sessions belong to the whole account: who is a member elsewhere too, or administers the
 * instance, is for those who do so. Throws `permission.denied`.
 */
export function refuseTouchingAccount(who: Principal, user: User): void {
  if (who.isInstanceAdmin) return;
  const isElsewhere = user.memberships.some(({ namespace }) => namespace !== who.namespace);
  if (!isElsewhere && !user.isInstanceAdmin) return;
  throw denied("The account belongs to more than this namespace.", null);
}

/** Throws `permission.denied` unless who asks administers the instance. */
export function refuseUnlessInstanceAdmin(who: Principal): void {
  if (who.isInstanceAdmin) return;
  throw denied("Only an administrator of the instance says who else is one.", "/isInstanceAdmin");
}

/**
 * Who must be there beside a user for it to become `after`, or to be deleted where that is null: nobody is the
 * last to administer the instance, nor the last owner of a namespace that nobody else could hand on.
 */
export function mustRemain(before: User, after: User | null): MustRemain {
  const isInstanceAdminNeeded = doesAdminister(before) && !doesAdminister(after);
  if (doesAdminister(after)) return { isInstanceAdminNeeded, ownersOf: [] };
  const owned = ownedBy(after);
  const ownersOf = ownedBy(before).filter((namespace) => !owned.includes(namespace));
  return { isInstanceAdminNeeded, ownersOf };
}

export function lastOwner(user: User): Refusal {
  return new Refusal("user.last_owner", `Nobody would be in charge without ${user.username}.`);
}

function doesAdminister(user: User | null): boolean {
  return user?.state === "active" && user.isInstanceAdmin;
}

function ownedBy(user: User | null): readonly string[] {
  if (user?.state !== "active") return [];
  return user.memberships.filter(({ role }) => role === "owner").map(({ namespace }) => namespace);
}

function isWithin(some: readonly string[] | null, all: readonly string[] | null): boolean {
  if (all === null) return true;
  return some?.every((appKey) => all.includes(appKey)) ?? false;
}

function denied(detail: string, pointer: string | null): Refusal {
  const errors = pointer === null ? {} : { errors: [{ pointer, message: detail }] };
  return new Refusal("permission.denied", detail, {
    ...errors,
    hint: "Ask somebody with a higher role, or an administrator of the instance.",
  });
}
