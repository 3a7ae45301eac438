import type { InValue } from "@libsql/client";
import type { StoredLink } from "../core/audit-chain.ts";
import type { AuditEntry, AuditQuery, AuditReader } from "../ports/audit.ts";
import { entryOf, plain } from "./audit-row.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";

const SELECT = `select namespace, seq, at_ms, actor, action, object_kind, object, body from audit`;
/** Pages that are read for one answer when rows of them are unreadable. */
const PAGES_MAX = 20;

/** The audit log in libSQL, as the API reads it. */
export class LibsqlAuditReader implements AuditReader {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async entries(query: AuditQuery): Promise<readonly AuditEntry[]> {
    const found: AuditEntry[] = [];
    let { beforeSeq } = query;
    for (let page = 0; page < PAGES_MAX; page++) {
      const limit = query.limit - found.length;
      // oxlint-disable-next-line no-await-in-loop -- The next page begins where this one ended.
      const rows = await this.#rows(listing({ ...query, limit, beforeSeq }));
      for (const { entry } of rows) if (entry !== null) found.push(entry);
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit || found.length === query.limit) break;
      beforeSeq = last.seq;
    }
    return found;
  }

  async entry(namespace: string, seq: number): Promise<AuditEntry | null> {
    const sql = `${SELECT} where namespace = ? and seq = ?`;
    return (await this.#rows({ sql, args: [namespace, seq] }))[0]?.entry ?? null;
  }

  chain(
    namespace: string,
    fromSeq: number,
    limit: number,
  ): Promise<readonly StoredLink<AuditEntry>[]> {
    const sql = `${SELECT} where namespace = ? and seq >= ? order by seq limit ?`;
    return this.#rows({ sql, args: [namespace, fromSeq, limit] });
  }

  async #rows(statement: Statement): Promise<readonly StoredLink<AuditEntry>[]> {
    const { rows } = await reach(this.#database.$client.execute(statement));
    return rows.map((row) => ({ seq: Number(row["seq"]), entry: entryOf(row) }));
  }
}

interface Statement {
  readonly sql: string;
  readonly args: InValue[];
}

/** What a list goes by: the index that has its rows in the order of the answer. */
type Way = "object" | "time" | "actor" | "chain";

function wayOf({ objectKind, object, actor, fromMs, toMs }: AuditQuery): Way {
  if (objectKind !== null && object !== null) return "object";
  if (fromMs !== null || toMs !== null) return "time";
  return actor === null ? "chain" : "actor";
}

type Wish = readonly [sql: string, ...args: (string | number | null)[]];

/**
 * The statement of a list. What is not to choose the index carries a plus, which keeps SQLite from using it: the rows
 * must come in the order of the answer.
 */
function listing(query: AuditQuery): Statement {
  const { namespace, objectKind, object, actor, action, fromMs, toMs } = query;
  const way = wayOf(query);
  const by = (column: string, ...ways: readonly Way[]): string =>
    ways.includes(way) ? column : `+${column}`;
  const wishes: readonly Wish[] = [
    ["namespace = ?", namespace],
    [`${by("object_kind", "object")} = ?`, objectKind],
    [`${by("object", "object")} = ?`, object],
    [`${by("actor", "actor")} = ?`, actor],
    ["+action = ?", action],
    [`${by("at_ms", "time")} >= ?`, fromMs],
    [`${by("at_ms", "time")} < ?`, toMs],
    placeBefore(query, way),
  ];
  const wanted = wishes.filter(([, value]) => value !== null);
  const order = way === "time" ? "at_ms desc, seq desc" : "seq desc";
  return {
    sql: `${SELECT} where ${wanted.map(([sql]) => sql).join(" and ")} order by ${order} limit ?`,
    args: [...wanted.flatMap(([, ...args]) => args.map(textOrNumber)), query.limit],
  };
}

/** Where a page begins. Times may repeat, and step back with a clock: their order has the seq behind it. */
function placeBefore({ namespace, beforeSeq }: AuditQuery, way: Way): Wish {
  if (beforeSeq === null || way !== "time") return ["seq < ?", beforeSeq];
  const place = "(select at_ms, seq from audit where namespace = ? and seq = ?)";
  return [`(at_ms, seq) < ${place}`, namespace, beforeSeq];
}

function textOrNumber(value: string | number | null): InValue {
  return typeof value === "string" ? plain(value) : value;
}
