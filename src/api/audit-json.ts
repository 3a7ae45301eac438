import { z } from "@hono/zod-openapi";
import { anyJson, instantOut } from "./wire.ts";

const auditShape = {
  seq: z.number(),
  at: instantOut,
  actor: z.object({
    kind: z.enum(["bootstrap", "token", "user", "setup"]),
    id: z.string(),
    name: z.string(),
  }),
  action: z.string().openapi({ example: "job.patch" }),
  method: z.string(),
  path: z.string(),
  status: z.number(),
  object: z.object({ kind: z.string(), id: z.string() }),
  before: anyJson.openapi({ description: "The object before, without secrets; null for none." }),
  after: anyJson,
  changed: z
    .array(z.string())
    .readonly()
    .openapi({ description: "JSON pointers to what differs, at most 100." }),
  requestId: z.string(),
} as const;

/** An entry as the history of an object shows it to whoever may see the object. */
export const historyOut = z.object(auditShape).openapi("HistoryEntry");

/** An entry as the audit log shows it. */
export const auditOut = z
  .object({
    ...auditShape,
    address: z.string().nullable(),
    prevHash: z.string(),
    hash: z.string(),
  })
  .openapi("AuditEntry");

export const auditVerdictOut = z
  .object({
    ok: z.boolean(),
    entries: z.number().openapi({ description: "How many were read and hashed." }),
    brokenAt: z.number().nullable().openapi({ description: "The first seq that does not fit." }),
    nextSeq: z.number().nullable().openapi({ description: "Where to go on: there are more." }),
    headHash: z.string().openapi({ description: "The hash of the last one, to keep elsewhere." }),
  })
  .openapi("AuditVerdict");

export type HistoryJson = z.infer<typeof historyOut>;
export type AuditJson = z.infer<typeof auditOut>;
