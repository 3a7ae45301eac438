import { z } from "@hono/zod-openapi";
import type { AuditEntry, AuditQuery } from "../ports/audit.ts";
import type { AuditJson, HistoryJson } from "./audit-json.ts";
import { instant, isoText, sentInstantMs } from "./wire.ts";

const CHARS_MAX = { word: 64, name: 512 } as const;

/** What a list of the audit log can be narrowed to. */
export const auditFilter = {
  kind: z.string().min(1).max(CHARS_MAX.word).optional().openapi({ example: "job" }),
  object: z.string().min(1).max(CHARS_MAX.name).optional(),
  actor: z.string().min(1).max(CHARS_MAX.name).optional().openapi({
    description: "The username, or the name of the token.",
  }),
  action: z.string().min(1).max(CHARS_MAX.word).optional().openapi({ example: "job.patch" }),
  from: instant.optional(),
  to: instant.optional().openapi({ description: "Exclusive." }),
} as const;

export type AuditFilter = {
  readonly [K in keyof typeof auditFilter]?: string | undefined;
};

/** A place in the chain, as a part of a path or of a query. */
export const seqText = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, "Not a whole number from 1.")
  .transform(Number);

/** The query that a filter stands for. */
export function auditQueryOf(
  namespace: string,
  filter: AuditFilter,
  page: Pick<AuditQuery, "limit" | "beforeSeq">,
): AuditQuery {
  return {
    namespace,
    objectKind: filter.kind ?? null,
    object: filter.object ?? null,
    actor: filter.actor ?? null,
    action: filter.action ?? null,
    fromMs: sentInstantMs(filter.from),
    toMs: sentInstantMs(filter.to),
    ...page,
  };
}

/** An entry as the history of its object shows it. */
export function historyJson(entry: AuditEntry): HistoryJson {
  const { seq, actor, action, method, path, status, object } = entry;
  const { before, after, requestId } = entry;
  return {
    seq,
    at: isoText(entry.atMs),
    actor: { kind: actor.kind, id: actor.id, name: actor.name },
    action,
    method,
    path,
    status,
    object: { kind: object.kind, id: object.id },
    before,
    after,
    changed: entry.changed,
    requestId,
  };
}

/** An entry as the audit log shows it. */
export function auditJson(entry: AuditEntry): AuditJson {
  const { address, prevHash, hash } = entry;
  return { ...historyJson(entry), address, prevHash, hash };
}
