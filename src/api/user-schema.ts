import { z } from "@hono/zod-openapi";
import { PASSWORD_LIMITS } from "./password-rules.ts";
import { role } from "./people-json.ts";
import { APP_KEY } from "./target-schema.ts";
import { username } from "./user-shape.ts";

const EXECUTORS_MAX = 100;

const executors = z
  .array(z.string().regex(APP_KEY, "Not an appKey."))
  .max(EXECUTORS_MAX)
  .readonly()
  .nullable()
  .openapi({ description: "The appKeys that the user is limited to; null is no limit." });

/** The body of POST /users. */
export const userBody = z
  .strictObject({
    username,
    password: z
      .string()
      .max(PASSWORD_LIMITS.charsMax)
      .optional()
      .openapi({ description: "Left out, one is generated and shown once." }),
    role,
    executors: executors.optional(),
    isInstanceAdmin: z.boolean().optional(),
    mustChangePassword: z.boolean().optional().openapi({
      default: true,
      description: "Whether the first login asks for another; a generated password always does.",
    }),
  })
  .openapi("UserBody");

/** The body of PATCH /users/{user}. */
export const userPatchBody = z
  .strictObject({
    role: role.optional(),
    executors: executors.optional(),
    state: z.enum(["active", "disabled"]).optional(),
    isInstanceAdmin: z.boolean().optional(),
    resetPassword: z
      .literal(true)
      .optional()
      .openapi({ description: "Generates a password, which is shown once." }),
  })
  .openapi("UserPatch");

export const userParam = z.strictObject({ user: z.string().min(1).max(64) });

export type UserBody = z.infer<typeof userBody>;
export type UserPatch = z.infer<typeof userPatchBody>;
