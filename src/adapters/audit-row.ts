import { canonicalJson } from "../core/canonical-json.ts";
import type { AuditEntry, AuditText } from "../ports/audit.ts";

/** An entry as the table has it: what is searched by, and the whole of it as canonical JSON. */
export interface AuditRow {
  readonly namespace: string;
  readonly seq: number;
  readonly at_ms: number;
  readonly actor: string;
  readonly action: string;
  readonly object_kind: string;
  readonly object: string;
  readonly body: string;
}

export function auditRow({ entry, text }: AuditText): AuditRow {
  return { ...columnsOf(entry), body: text };
}

/** The entry of a row; null when the row is not, to the last byte, the one that the entry would be stored as. */
export function entryOf(row: Readonly<Record<string, unknown>>): AuditEntry | null {
  try {
    // Whatever this is, a row that is made of it anew must be this row.
    const entry: AuditEntry = JSON.parse(String(row["body"]));
    const again = Object.entries(auditRow({ entry, text: canonicalJson(entry) }));
    return again.every(([column, value]) => row[column] === value) ? entry : null;
  } catch {
    return null;
  }
}

function columnsOf(entry: AuditEntry): Omit<AuditRow, "body"> {
  return {
    namespace: entry.namespace,
    seq: entry.seq,
    at_ms: entry.atMs,
    actor: plain(entry.actor.name),
    action: plain(entry.action),
    object_kind: plain(entry.object.kind),
    object: plain(entry.object.id),
  };
}

/** SQLite ends a text at U+0000, and half a surrogate pair is nothing that UTF-8 can say. */
export function plain(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}
