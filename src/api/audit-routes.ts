import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { AuditEntry, AuditReader } from "../ports/audit.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { CSV_HEAD, csvLine } from "./audit-csv.ts";
import { auditOut, auditVerdictOut } from "./audit-json.ts";
import { auditFilter, type AuditFilter, auditJson, auditQueryOf, seqText } from "./audit-query.ts";
import { verifyChain } from "./audit-verify.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { jsonAnswer, pageOf, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const AUDIT = `${BASE_PATH}/audit`;
const LIST = "audit";
/** At most 41 requests to the records: a Worker may send 50 for one that it got. */
const EXPORT_LIMITS = { rowsMax: 10_000, pageRows: 250 } as const;

const listAudit = createRoute({
  method: "get",
  path: AUDIT,
  summary: "The audit log, newest first; what just happened is there within a second",
  request: { query: z.strictObject({ ...pageQuery, ...auditFilter }) },
  responses: { 200: jsonAnswer("One page of entries.", pageOf(auditOut)), ...problemAnswers },
});

const exportAudit = createRoute({
  method: "get",
  path: `${AUDIT}/export`,
  summary: "The newest 10,000 entries as CSV; the last line says so when there are more",
  request: { query: z.strictObject(auditFilter) },
  responses: {
    200: { description: "The file.", content: { "text/csv": { schema: z.string() } } },
    ...problemAnswers,
  },
});

const verifyAudit = createRoute({
  method: "get",
  path: `${AUDIT}/verify`,
  summary: "Hash the chain of entries anew, 5,000 at a time, and find the first that does not fit",
  request: { query: z.strictObject({ fromSeq: seqText.optional() }) },
  responses: { 200: jsonAnswer("What was found.", auditVerdictOut), ...problemAnswers },
});

const getAudit = createRoute({
  method: "get",
  path: `${AUDIT}/{seq}`,
  summary: "An entry of the audit log",
  request: { params: z.strictObject({ seq: seqText }) },
  responses: { 200: jsonAnswer("The entry.", auditOut), ...problemAnswers },
});

/** Who did what, for those who administer the namespace. */
export function addAuditRoutes(api: Api, { auditReader }: Pick<ApiDeps, "auditReader">): void {
  api.openapi(listAudit, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor, ...filter } = c.req.valid("query");
    const page = { limit: limit + 1, beforeSeq: beforeSeqOf(LIST, cursor) };
    const rows = await auditReader.entries(auditQueryOf(namespaceOf(c), filter, page));
    const { items, nextCursor } = cutPage(rows, limit, (last) => cursorOf(LIST, String(last.seq)));
    return c.json({ items: items.map(auditJson), nextCursor }, 200);
  });

  api.openapi(exportAudit, async (c) => {
    const namespace = namespaceOf(c);
    const text = await csvOf(auditReader, namespace, c.req.valid("query"));
    c.header("Content-Type", "text/csv; charset=utf-8");
    c.header("Content-Disposition", `attachment; filename="audit-${safeName(namespace)}.csv"`);
    c.header("X-Content-Type-Options", "nosniff");
    return c.body(text, 200);
  });

  api.openapi(verifyAudit, async (c) => {
    const { fromSeq = 1 } = c.req.valid("query");
    const found = await verifyChain(auditReader, namespaceOf(c), fromSeq);
    const { entries, brokenAt, head, nextSeq } = found;
    const verdict = { ok: brokenAt === null, entries, brokenAt, headHash: head.hash };
    return c.json({ ...verdict, nextSeq }, 200);
  });

  api.openapi(getAudit, async (c) => {
    const { seq } = c.req.valid("param");
    const entry = await auditReader.entry(namespaceOf(c), seq);
    if (entry === null) throw new Refusal("audit.unknown", `There is no audit entry ${seq}.`);
    return c.json(auditJson(entry), 200);
  });
}

/** The seq behind a cursor; null for the first page. Throws `cursor.invalid`. */
export function beforeSeqOf(list: string, cursor: string | undefined): number | null {
  const after = afterOf(list, cursor);
  if (after === null) return null;
  const seq = seqText.safeParse(after);
  if (seq.success) return seq.data;
  throw new Refusal("cursor.invalid", "The cursor is not one of this list.", {
    errors: [{ pointer: "/query/cursor", message: "Not a cursor of this list." }],
  });
}

async function csvOf(reader: AuditReader, namespace: string, filter: AuditFilter): Promise<string> {
  const lines: string[] = [CSV_HEAD];
  let beforeSeq: number | null = null;
  for (;;) {
    const left = EXPORT_LIMITS.rowsMax - (lines.length - 1);
    // One more than there is room for tells whether the file is whole.
    const limit = Math.min(EXPORT_LIMITS.pageRows, left + 1);
    const query = auditQueryOf(namespace, filter, { limit, beforeSeq });
    // oxlint-disable-next-line no-await-in-loop -- One page at a time is what bounds the memory.
    const rows: readonly AuditEntry[] = await reader.entries(query);
    lines.push(...rows.slice(0, left).map(csvLine));
    if (rows.length > left) return lines.join("") + cutLine();
    if (rows.length < limit) return lines.join("");
    beforeSeq = rows.at(-1)?.seq ?? null;
  }
}

function cutLine(): string {
  return `"There are more than ${EXPORT_LIMITS.rowsMax} entries: narrow the time."\r\n`;
}

function safeName(namespace: string): string {
  return namespace.replaceAll(/[^A-Za-z0-9._-]/g, "_");
}
