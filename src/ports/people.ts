import type { Role } from "../core/role.ts";

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

/**
 * Users and their sessions. Each write is one atomic batch. All methods throw
 * `Refusal("records.unavailable")` when the records cannot be reached.
 */
export interface People {
  hasUsers(): Promise<boolean>;
  /** Writes the user if there is none at all yet; false otherwise. */
  createFirstUser(user: User): Promise<boolean>;
  /** False when the username is taken. */
  createUser(user: User): Promise<boolean>;
  user(id: string): Promise<User | null>;
  userByName(username: string): Promise<User | null>;
  /** By id. */
  users(page: {
    readonly limit: number;
    readonly afterId: string | null;
  }): Promise<readonly User[]>;
  /**
   * Writes a user whose stored version is `user.version - 1`, and ends sessions of the user in the same
   * batch: all, all but one, or none. False when the version is another.
   */
  putUser(user: User, ends: "all" | "none" | { readonly except: string }): Promise<boolean>;
  /** With all sessions. False when the stored version is another. */
  deleteUser(id: string, version: number): Promise<boolean>;

  createSession(session: Session): Promise<void>;
  sessionByHash(hash: string): Promise<{ readonly session: Session; readonly user: User } | null>;
  /** Newest first, at most `limit`. */
  sessions(userId: string, limit: number): Promise<readonly Session[]>;
  touchSession(id: string, nowMs: number): Promise<void>;
  /** False when the user has no such session. */
  endSession(userId: string, id: string): Promise<boolean>;
  endSessions(userId: string, exceptId: string | null): Promise<number>;
  /** Deletes at most `limit` sessions that ended before. */
  purgeSessions(nowMs: number, limit: number): Promise<void>;
}
