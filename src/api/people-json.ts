import { z } from "@hono/zod-openapi";
import { ROLES } from "../core/role.ts";
import { instantOut } from "./wire.ts";

export const role = z.enum(ROLES);

export const membershipOut = z
  .object({
    namespace: z.string(),
    role,
    executors: z
      .array(z.string())
      .readonly()
      .nullable()
      .openapi({ description: "The appKeys that the user is limited to; null is no limit." }),
  })
  .openapi("Membership");

/** A user as those see it who handle users. */
export const userOut = z
  .object({
    id: z.string(),
    username: z.string(),
    state: z.enum(["active", "disabled"]),
    isInstanceAdmin: z.boolean(),
    mustChangePassword: z.boolean(),
    memberships: z.array(membershipOut).readonly(),
    version: z.number(),
    createdAt: instantOut,
    updatedAt: instantOut,
    lastLoginAt: instantOut.nullable(),
  })
  .openapi("User");

/** A new user, or one whose password was set anew: the password is shown this once. */
export const newUserOut = userOut
  .extend({
    password: z
      .string()
      .nullable()
      .openapi({ description: "What was generated; null where the caller chose it." }),
  })
  .openapi("NewUser");

/** Who is asking, and what that one may do in the namespace of the request. */
export const meOut = z
  .object({
    kind: z.enum(["user", "token", "bootstrap"]),
    id: z.string(),
    name: z.string(),
    namespace: z.string(),
    role,
    executors: z.array(z.string()).readonly().nullable(),
    isInstanceAdmin: z.boolean(),
    mustChangePassword: z.boolean(),
    memberships: z
      .array(membershipOut)
      .readonly()
      .openapi({ description: "The namespaces to choose from, with X-Namespace." }),
  })
  .openapi("Me");

export const sessionOut = z
  .object({
    id: z.string(),
    createdAt: instantOut,
    seenAt: instantOut,
    expiresAt: instantOut,
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    isCurrent: z.boolean(),
  })
  .openapi("Session");

export type MeJson = z.infer<typeof meOut>;
export type UserJson = z.infer<typeof userOut>;
export type SessionJson = z.infer<typeof sessionOut>;
