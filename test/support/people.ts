import type { Session, User } from "../../src/ports/people.ts";

/** A user as the records keep it, with an id that tells its name. */
export function aUser(username: string): User {
  return {
    id: `usr_${username}`,
    username,
    version: 1,
    passwordHash: "hash",
    passwordChangedMs: 1_000,
    mustChangePassword: false,
    state: "active",
    isInstanceAdmin: false,
    memberships: [],
    createdMs: 1_000,
    updatedMs: 1_000,
    lastLoginMs: null,
  };
}

export function owning(user: User, namespace: string): User {
  return { ...user, memberships: [{ namespace, role: "owner", executors: null }] };
}

export function aSession(id: string, username: string): Session {
  return {
    id,
    userId: `usr_${username}`,
    hash: `hash of ${id}`,
    createdMs: 2_000,
    seenMs: 2_000,
    expiresMs: 50_000,
    address: null,
    userAgent: "a browser",
  };
}
