import { z } from "@hono/zod-openapi";
import type { User } from "../ports/people.ts";
import type { UserJson } from "./people-json.ts";
import { DEFAULT_NAMESPACE } from "./principal.ts";
import { isoText, isoTextOrNull } from "./wire.ts";

const USER_ID_PREFIX = "usr_";

/** A username as it is stored: in lower case, and never like an id. */
export const username = z
  .string()
  .min(1)
  .max(64)
  .transform((text) => text.toLowerCase())
  .refine((text) => /^[a-z0-9._@-]+$/.test(text) && !text.startsWith(USER_ID_PREFIX), {
    message: `Not 1 to 64 of a-z 0-9 . _ @ -, or it begins with ${USER_ID_PREFIX}.`,
  })
  .openapi({ type: "string", minLength: 1, maxLength: 64, example: "grace" });

export function userId(id: string): string {
  return `${USER_ID_PREFIX}${id.replaceAll("-", "")}`;
}

/** The one who makes all others: administers the instance, and owns the namespace that is always there. */
export function firstUser(parts: {
  /** A new UUID. */
  readonly id: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly nowMs: number;
}): User {
  const { id, nowMs, ...more } = parts;
  return {
    ...more,
    id: userId(id),
    version: 1,
    passwordChangedMs: nowMs,
    mustChangePassword: false,
    state: "active",
    isInstanceAdmin: true,
    memberships: [{ namespace: DEFAULT_NAMESPACE, role: "owner", executors: null }],
    createdMs: nowMs,
    updatedMs: nowMs,
    lastLoginMs: null,
  };
}

/**
 * A user in JSON, with the memberships that the reader may know of: those of one namespace, or all where
 * `namespace` is null.
 */
export function userJson(user: User, namespace: string | null): UserJson {
  const { id, state, isInstanceAdmin, mustChangePassword, memberships, version } = user;
  return {
    id,
    username: user.username,
    state,
    isInstanceAdmin,
    mustChangePassword,
    memberships: memberships.filter((own) => namespace === null || own.namespace === namespace),
    version,
    createdAt: isoText(user.createdMs),
    updatedAt: isoText(user.updatedMs),
    lastLoginAt: isoTextOrNull(user.lastLoginMs),
  };
}
