import type { ChainHead } from "../core/audit-chain.ts";
import type { AuditEntry, AuditFork, AuditRecords, AuditText } from "../ports/audit.ts";
import { auditRow, type AuditRow } from "./audit-row.ts";
import { isUnreachable, reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";

// The hash of an entry that somebody has made unreadable is none, and is not that of ours.
const OTHER_ENTRIES = `from json_each(?) as wanted cross join audit as stored
  where stored.namespace = wanted.value ->> 0
    and stored.seq = wanted.value ->> 1
    and (case when json_valid(stored.body) then stored.body ->> '$.hash' end)
      is not wanted.value ->> 2`;

const FORKS = `select stored.namespace, min(stored.seq) as seq ${OTHER_ENTRIES}
  group by stored.namespace`;

const COLUMNS = 8;

/** Adds so many rows. The places of all follow their values in the list of parameters. */
function addStatement(count: number): string {
  // Numbered parameters would make the time to read this grow with their square.
  const row = `(${Array.from({ length: COLUMNS }, () => "?").join()})`;
  return `insert or ignore into audit
      (namespace, seq, at_ms, actor, action, object_kind, object, body)
    select * from (values ${Array.from({ length: count }, () => row).join()})
    where column1 not in (select stored.namespace ${OTHER_ENTRIES})`;
}

const HEAD = `select seq, case when json_valid(body) then body ->> '$.hash' end as hash
  from audit where namespace = ? order by seq desc limit 1`;

/** The audit log in libSQL, as its one writer adds to it. */
export class LibsqlAudit implements AuditRecords {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async add(entries: readonly AuditText[]): Promise<readonly AuditFork[] | null> {
    if (entries.length === 0) return [];
    const places = JSON.stringify(entries.map(({ entry }) => placeOf(entry)));
    const values = entries.flatMap((entry) => valuesOf(auditRow(entry)));
    try {
      const [forks] = await this.#database.$client.batch(
        [
          { sql: FORKS, args: [places] },
          { sql: addStatement(entries.length), args: [...values, places] },
        ],
        "write",
      );
      const found = forks?.rows ?? [];
      return found.map((row) => ({
        namespace: textOf(row["namespace"]),
        seq: Number(row["seq"]),
      }));
    } catch (error) {
      if (isUnreachable(error)) return null;
      throw error;
    }
  }

  async head(namespace: string): Promise<ChainHead | null> {
    const found = await reach(this.#database.$client.execute({ sql: HEAD, args: [namespace] }));
    const row = found.rows[0];
    if (row === undefined) return null;
    // An unreadable head has no hash: the chain is broken there, and verifying tells so.
    return { seq: Number(row["seq"]), hash: textOf(row["hash"]) };
  }
}

function placeOf({ namespace, seq, hash }: AuditEntry): readonly [string, number, string] {
  return [namespace, seq, hash];
}

/** In the order of the statement's columns. */
function valuesOf(row: AuditRow): readonly (string | number)[] {
  const { namespace, seq, at_ms, actor, action, object_kind, object, body } = row;
  return [namespace, seq, at_ms, actor, action, object_kind, object, body];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
