import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlAuditStorage } from "../../src/adapters/sql-audit-storage.ts";
import type { AuditNote } from "../../src/ports/audit.ts";
import { AuditKeeper } from "../../src/registry/audit-keeper.ts";
import { anAuditNote } from "../support/an-audit-note.ts";

const NAMESPACES = 8;
const MEBIBYTE = 1_048_576;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
let sql: ReturnType<typeof openNodeSqlite>;
let keeper: AuditKeeper;

beforeEach(() => {
  sql = openNodeSqlite(":memory:");
  keeper = new AuditKeeper(new SqlAuditStorage(sql), sha256);
});
afterEach(() => sql.close());

function aLongNote(namespace: string): AuditNote {
  return anAuditNote({ namespace, after: "x".repeat(MEBIBYTE / 4) });
}

it("hands out about a mebibyte at once, of however many namespaces", () => {
  for (let i = 0; i < NAMESPACES; i++) {
    const note = aLongNote(`team-${i}`);
    keeper.add([note, note, note]);
    keeper.begin(note.namespace, null);
  }

  const sizes: number[] = [];
  const found: string[] = [];
  while (!keeper.isSettled) {
    const entries = keeper.pending(500);
    sizes.push(entries.reduce((sum, { text }) => sum + text.length, 0));
    found.push(...entries.map(({ entry }) => `${entry.namespace} ${entry.seq}`));
    keeper.confirm(entries);
  }

  expect(Math.max(...sizes)).toBeLessThan(2 * MEBIBYTE);
  expect(found).toHaveLength(3 * NAMESPACES);
  expect(new Set(found).size).toBe(3 * NAMESPACES);
});
