import { assert } from "../core/assert.ts";
import type { Backfill } from "../core/backfill.ts";
import type { Job } from "../core/job.ts";
import type { Tick } from "../core/tick.ts";
import type {
  DirectoryCopy,
  DueEntry,
  IdempotencyEntry,
  JobOutboxEntry,
  SqlRow,
} from "../ports/shard-storage.ts";

// What a row of a shard's SQL storage stands for. Bodies are parsed unchecked: the storage alone writes them,
// each from a value of the same type.

export function jobOf(row: SqlRow): Job {
  return JSON.parse(text(row, "body"));
}

export function tickOf(row: SqlRow): Tick {
  return JSON.parse(text(row, "body"));
}

export function backfillOf(row: SqlRow): Backfill {
  return JSON.parse(text(row, "body"));
}

function tombstoneOf(row: SqlRow): JobOutboxEntry["tombstone"] {
  return row["tombstone"] === null ? null : JSON.parse(text(row, "tombstone"));
}

export function dueEntry(row: SqlRow): DueEntry {
  return {
    dueMs: whole(row, "due_ms"),
    jobId: text(row, "job_id"),
    cursorMs: whole(row, "cursor_ms"),
    priority: whole(row, "priority"),
  };
}

export function outboxEntry(row: SqlRow): JobOutboxEntry {
  return {
    jobId: text(row, "job_id"),
    version: whole(row, "version"),
    tombstone: tombstoneOf(row),
  };
}

/** The key is not read back: it may hold U+0000, at which Deno 2.9 cuts off a text that it reads. */
export function idempotencyEntry(key: string, row: SqlRow): IdempotencyEntry {
  return {
    key,
    bodyHash: text(row, "body_hash"),
    reply: text(row, "reply"),
    expiresMs: whole(row, "expires_ms"),
  };
}

export function directoryCopy(row: SqlRow): DirectoryCopy {
  return { key: text(row, "key"), version: whole(row, "version"), body: text(row, "body") };
}

export function count(rows: readonly SqlRow[]): number {
  const row = rows[0];
  assert(row !== undefined, "a count has one row");
  return whole(row, "n");
}

export function text(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === "string", `the column ${column} holds text`);
  return value;
}

export function whole(row: SqlRow, column: string): number {
  const value = row[column];
  assert(typeof value === "number", `the column ${column} holds a number`);
  return value;
}
