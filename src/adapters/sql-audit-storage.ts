import { assert } from "../core/assert.ts";
import type { ChainHead } from "../core/audit-chain.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import type { AuditNote, AuditStorage, AuditText, WaitingNote } from "../ports/audit.ts";
import type { Sql, SqlRow } from "../ports/shard-storage.ts";
import { upgradeSchema } from "./schema-steps.ts";

/** As those of keepers: a step that has landed never changes, a new wish is a new step. */
const STEPS: readonly (readonly string[])[] = [
  [
    `create table entries (
      namespace text not null, seq integer not null, hash text not null, body text not null,
      primary key (namespace, seq)
    ) without rowid`,
    "create table notes (id integer primary key, namespace text not null, body text not null)",
  ],
];
/** Entries that are read at once; one is always read, whatever its size. */
const PAGE_CHARS_MAX = 1_048_576;

const SQL = {
  namespaces: "select distinct namespace from entries order by namespace",
  waitingNamespaces: "select distinct namespace from notes order by namespace",
  head: "select seq, hash from entries where namespace = ? order by seq desc limit 1",
  addEntry: "insert into entries (namespace, seq, hash, body) values (?, ?, ?, ?)",
  entriesAfter: "select body from entries where namespace = ? and seq > ? order by seq limit ?",
  deleteEntries: "delete from entries where namespace = ? and seq >= ? and seq < ?",
  addNote: "insert into notes (namespace, body) values (?, ?)",
  notes: "select id, body from notes where namespace = ? order by id limit ?",
  deleteNotes: "delete from notes where namespace = ? and id <= ?",
} as const;

/**
 * What the writer of the audit log keeps, in SQLite: entries that the records do not have yet and the newest of each
 * namespace, and notes that wait for the head of their chain.
 */
export class SqlAuditStorage implements AuditStorage {
  readonly #sql: Sql;
  readonly #settled: () => Promise<void>;

  /**
   * `settled` resolves once what was committed survives a power cut; by default it does as it is committed. Throws when
   * the data was written by newer code.
   */
  constructor(sql: Sql, settled: () => Promise<void> = () => Promise.resolve()) {
    this.#sql = sql;
    this.#settled = settled;
    upgrade(sql);
  }

  settled(): Promise<void> {
    return this.#settled();
  }

  transaction<T>(work: () => T): T {
    return this.#sql.transaction(work);
  }

  namespaces(): readonly string[] {
    return this.#sql.all(SQL.namespaces).map((row) => text(row, "namespace"));
  }

  waitingNamespaces(): readonly string[] {
    return this.#sql.all(SQL.waitingNamespaces).map((row) => text(row, "namespace"));
  }

  head(namespace: string): ChainHead | null {
    const row = this.#sql.all(SQL.head, namespace)[0];
    return row === undefined ? null : { seq: whole(row, "seq"), hash: text(row, "hash") };
  }

  addEntry({ entry, text: body }: AuditText): void {
    this.#sql.run(SQL.addEntry, entry.namespace, entry.seq, entry.hash, body);
  }

  entriesAfter(namespace: string, seq: number, limit: number): readonly AuditText[] {
    const texts = this.#sql
      .all(SQL.entriesAfter, namespace, seq, limit)
      .map((row) => text(row, "body"));
    let chars = 0;
    const isBeyond = (body: string): boolean => (chars += body.length) > PAGE_CHARS_MAX;
    const end = texts.findIndex((body, index) => isBeyond(body) && index > 0);
    return (end < 0 ? texts : texts.slice(0, end)).map((body) => ({
      entry: JSON.parse(body),
      text: body,
    }));
  }

  deleteEntries(namespace: string, fromSeq: number, belowSeq: number): void {
    this.#sql.run(SQL.deleteEntries, namespace, fromSeq, belowSeq);
  }

  addNote(note: AuditNote): void {
    this.#sql.run(SQL.addNote, note.namespace, canonicalJson(note));
  }

  notes(namespace: string, limit: number): readonly WaitingNote[] {
    return this.#sql
      .all(SQL.notes, namespace, limit)
      .map((row) => ({ id: whole(row, "id"), note: JSON.parse(text(row, "body")) }));
  }

  deleteNotes(namespace: string, upToId: number): void {
    this.#sql.run(SQL.deleteNotes, namespace, upToId);
  }
}

function upgrade(sql: Sql): void {
  const words = { subject: "the audit log has", object: "it" } as const;
  upgradeSchema(sql, { table: "audit_schema", ...words, steps: STEPS });
}

function text(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === "string", `the column ${column} holds text`);
  return value;
}

function whole(row: SqlRow, column: string): number {
  const value = row[column];
  assert(typeof value === "number", `the column ${column} holds a number`);
  return value;
}
