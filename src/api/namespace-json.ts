import { z } from "@hono/zod-openapi";
import { instantOut } from "./wire.ts";

const QUOTA_MAX = 10_000_000;
const quota = z.number().int().min(0).max(QUOTA_MAX).nullable();

/** How many of each there may be; null is no bound. */
export const quotas = z
  .strictObject({ jobs: quota, workflows: quota, executors: quota })
  .openapi("Quotas");

export const namespaceOut = z
  .object({
    name: z.string(),
    description: z.string(),
    version: z.number(),
    quotas,
    usage: z
      .object({ jobs: z.number(), workflows: z.number(), executors: z.number() })
      .openapi({ description: "As the records have it." }),
    signingSecrets: z.number().openapi({ description: "2 while a secret is in rotation." }),
    createdAt: instantOut.nullable(),
  })
  .openapi("Namespace");

export type NamespaceJson = z.infer<typeof namespaceOut>;
