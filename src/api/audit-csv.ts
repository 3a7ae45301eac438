import type { AuditEntry } from "../ports/audit.ts";
import { isoText } from "./wire.ts";

const COLUMNS = [
  "seq",
  "at",
  "actorKind",
  "actorId",
  "actor",
  "action",
  "objectKind",
  "object",
  "method",
  "path",
  "status",
  "address",
  "requestId",
  "changed",
  "hash",
] as const;

/** What a spreadsheet takes for a formula, or for the space before one. */
const FORMULA = /^[=+\-@\t\r]/;
/** Control characters, line ends of Unicode, and marks that turn or hide text: shown by their numbers instead. */
// oxlint-disable-next-line no-control-regex -- Control characters are what it is about.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export const CSV_HEAD = lineOf(COLUMNS);

/** An entry as one line of CSV (RFC 4180): nothing in it can end the line, move the cursor, or be computed. */
export function csvLine(entry: AuditEntry): string {
  const { actor, object } = entry;
  return lineOf([
    String(entry.seq),
    isoText(entry.atMs),
    actor.kind,
    actor.id,
    actor.name,
    entry.action,
    object.kind,
    object.id,
    entry.method,
    entry.path,
    String(entry.status),
    entry.address ?? "",
    entry.requestId,
    entry.changed.join(" "),
    entry.hash,
  ]);
}

function lineOf(cells: readonly string[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(text: string): string {
  const seen = text.toWellFormed().replaceAll(UNSEEN, escaped);
  const safe = FORMULA.test(text) ? `'${seen}` : seen;
  return `"${safe.replaceAll('"', '""')}"`;
}

function escaped(unseen: string): string {
  return `\\u${unseen.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
