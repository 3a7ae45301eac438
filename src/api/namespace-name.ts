import { z } from "@hono/zod-openapi";

export const namespaceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "Not 1 to 63 of a-z 0-9 -")
  .openapi({ example: "default" });

export const namespaceParam = z.strictObject({ namespace: namespaceName });
