import type { Role } from "../core/role.ts";
import type { ApiIdempotency } from "./directory.ts";

/** What a user may do in one namespace. */
export interface Membership {
  readonly namespace: string;
  readonly role: Role;
  /** The appKeys of the executors that the user is limited to there; null is no limit. */
  readonly executors: readonly string[] | null;
}

export interface User {
  readonly id: string;
  /** In lower case, unique in the deployment. */
  readonly username: string;
  readonly version: number;
  /** With its parameters; the password itself is never stored. */
  readonly passwordHash: string;
  readonly passwordChangedMs: number;
  /** A password that somebody else chose is changed at the first login. */
  readonly mustChangePassword: boolean;
  readonly state: "active" | "disabled";
  /** Owner of every namespace, and the one who makes them. */
  readonly isInstanceAdmin: boolean;
  readonly memberships: readonly Membership[];
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly lastLoginMs: number | null;
}

export interface Session {
  readonly id: string;
  readonly userId: string;
  /** SHA-256 of what the cookie holds, hex. */
  readonly hash: string;
  readonly createdMs: number;
  readonly seenMs: number;
  /** The absolute end; an idle session ends before. */
  readonly expiresMs: number;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** Who must be there beside a user for a change to be written. */
export interface MustRemain {
  /** Somebody else who is active and administers the instance. */
  readonly isInstanceAdminNeeded: boolean;
  /** In each of these, another active owner, or an active administrator of the instance. */
  readonly ownersOf: readonly string[];
}

/** `last` says that nobody would remain who must; nothing was written. */
export type UserWrite = "written" | "conflict" | "last";

export interface UserChange {
  /** Stored if its version is one above the stored one. */
  readonly user: User;
  /** The sessions of the user that end with the change. */
  readonly ends: "all" | "none";
  readonly remain: MustRemain;
  /** The first answer to an idempotency key, stored with the change. */
  readonly reply: ApiIdempotency | null;
}

/** The user as a login found it. */
export interface LoginOf {
  readonly version: number;
  /** The same password hashed with today's parameters; null keeps the stored hash. */
  readonly rehashed: string | null;
}

/**
 * Users and their sessions. Each write is one atomic batch. All methods throw
 * `Refusal("records.unavailable")` when the records cannot be reached.
 */
export interface People {
  hasUsers(): Promise<boolean>;
  /** Writes the user if there is none at all yet; false otherwise. */
  createFirstUser(user: User): Promise<boolean>;
  /**
   * False when the username is taken. Throws `Refusal("idempotency.in_flight")` when the key of the reply has
   * another one.
   */
  createUser(user: User, reply: ApiIdempotency | null): Promise<boolean>;
  user(id: string): Promise<User | null>;
  userByName(username: string): Promise<User | null>;
  /** By id: the members of a namespace, or everybody where it is null. */
  users(page: {
    readonly namespace: string | null;
    readonly limit: number;
    readonly afterId: string | null;
  }): Promise<readonly User[]>;
  putUser(change: UserChange): Promise<UserWrite>;
  /** With all sessions. */
  deleteUser(id: string, version: number, remain: MustRemain): Promise<UserWrite>;

  /**
   * Begins a session, if the user is still the one that was checked, and notes the login. False when the user was
   * changed meanwhile. Only the newest `SESSIONS_PER_USER_MAX` of a user are kept.
   */
  createSession(session: Session, of: LoginOf): Promise<boolean>;
  sessionByHash(hash: string): Promise<{ readonly session: Session; readonly user: User } | null>;
  /** Newest first, at most `SESSIONS_PER_USER_MAX`. */
  sessions(userId: string): Promise<readonly Session[]>;
  /** Never back. */
  touchSession(id: string, nowMs: number): Promise<void>;
  /** False when the user has no such session. */
  endSession(userId: string, id: string): Promise<boolean>;
  endSessions(userId: string, exceptId: string | null): Promise<void>;
  /** Deletes at most `limit` sessions whose absolute end is over. */
  purgeSessions(nowMs: number, limit: number): Promise<void>;
}

export const SESSIONS_PER_USER_MAX = 50;

/** What asks nobody to remain. */
export const NOBODY_NEEDED: MustRemain = { isInstanceAdminNeeded: false, ownersOf: [] };
